"""What users call a symptom: each concept is a line of phrases as `phrases.expand` reads them."""

HEART_AND_BREATH = {
    "chest": "chest|sternum|breastbone|ribcage, heart, pecho, brust|brustkorb, poitrine, left side of ~ ribs",
    "pain": """pain|pains|painful|hurt|hurts|hurting|hurted|ache|aches|aching|achy|agony|stabbing|stabs|crushing|
        crushed, killing me, sore and tight, dolor|duele|duelen, schmerz|schmerzen, tut weh, douleur|douleurs, mal
        a, discomfort, twinge|twinges, cramp|cramps|cramping""",
    "pressure": """pressure|tight|tightness|tightening|tightens|squeezing|squeezed|heavy|heaviness|burning|burns|
        constricted|constricting|elephant|brick|vice|vise|presion|opprime|druck, weight ~ sitting""",
    "chest_pain": """brustschmerz|brustschmerzen|angina, me duele el pecho, dolor en el pecho, dolor de pecho, mal a
        la poitrine, douleur thoracique, schmerzen in der brust""",
    "heart_attack": "heart attack, cardiac arrest, infarto, herzinfarkt, crise cardiaque",
    "radiating": """radiates|radiating|radiate|spreads|spreading|spread|shoots|shooting, travels|travelling|
        traveling|goes|going|moves down|into|to|up|through|along""",
    "arm_or_jaw": "arm|arms|jaw|jaws",
    "left_arm": "left arm, left shoulder and arm, my jaw, arm and jaw, jaw and arm",
    "cardio": """run|running|runs|climb|climbing|stairs|walk|walking|uphill|hill|hills|cycling|treadmill|jog|
        jogging|rowing|cardio|exertion|exert|exercise|exercising""",
    "alarm": "sweat|sweating|sweaty|clammy|nauseous|nausea|dizzy|pale|breathless|breath|faint|lightheaded|breathe",
    "breathless": """breathless|breathlessness|gasping|wheezing|wheeze|dyspnea, short of breath, shortness of
        breath, out of breath, cant|couldnt ~ breathe|breath, cant|couldnt catch my breath, struggle|struggling|
        hard|trouble|difficulty|difficult|unable|fight|fighting to|with breathe|breathing, trouble|difficulty|
        problems breathing, gasp|gasping for air, no puedo respirar, keine luft, kriege keine luft, du mal a
        respirer""",
    "cant_breathe": """cant|couldnt ~ breathe, no puedo respirar, kriege keine luft, du mal a respirer, gasping for
        air, lips are|turned|turning|went blue""",
    "at_rest": """at rest, resting, while|when|just|even|from|only sitting|lying|standing, sitting|lying still|down|
        here|there|around|on|at|in, in bed, on the couch|sofa, doing nothing, at night, wake|woke|wakes up|me, tv,
        at my desk, tie my shoes, tying my shoes, not even moving, without moving, barely moving, kitchen, bathroom,
        talking""",
    "palpitations": """palpitations|palpitation|arrhythmia|afib|tachycardia, irregular heartbeat|heartbeats|pulse,
        skip|skips|skipping|skipped ~ beat|beats, heart|chest ~ flutter|fluttering|flutters|racing|pounding|races,
        racing heart|pulse, heart going crazy, heart rate ~ irregular|jumping""",
    "dizzy": """dizzy|dizziness|lightheaded|lightheadedness|woozy|faint|vertigo|mareado|mareo|schwindlig|schwindel,
        light headed, room ~ spinning|spins""",
    "faint": """faint|fainted|fainting|faints|syncope, pass|passed|passing|passes out, black|blacked|blacking|blacks
        out, blackout|blackouts, collapse|collapsed|collapsing|collapses, lost|lose|losing|loss|loses ~
        consciousness, unconscious|unresponsive, keeled|keel over, everything|it went black|dark, came to on, woke
        up on the floor, me desmaye, desmayo|desmayado|desmaye, ohnmachtig|ohnmacht|umgekippt|bewusstlos, evanoui|
        evanouie|evanouir, perdu connaissance, knocked out cold, was out cold""",
}
NERVES_AND_HEAD = {
    "numb": """numb|numbness|tingling|tingly, pins and needles, cant|couldnt feel my|his|her|the, no|lost|losing|
        lose feeling|sensation in, loss of feeling|sensation""",
    "limb": """arm|arms|leg|legs|hand|hands|foot|feet|finger|fingers|toe|toes|face|thigh|thighs|calf|shin|side|back|
        neck|lip|lips|tongue|body|limbs|glute|hip|shoulder|forearm|pinky|thumb|knee|entumecido|entumecida""",
    "saddle": """groin|crotch|genitals|genital|perineum|saddle|bum|buttocks|privates, inner thighs, between my legs,
        private parts""",
    "weak": """weak|weakness|limp|paralysed|paralyzed|drooping|droopy|droops|drooped|droop, cant|couldnt move|lift|
        raise|use my|his|her, gave way, gives way, giving way, drop|dropping things""",
    "sudden": "sudden|suddenly, out of nowhere, all of a sudden, woke up, all at once, just now",
    "one_side": """one side, left|right side, one sided, half of my|his|her face|body, left|right arm|leg|hand|face,
        one arm|leg|hand, side of my|his|her face|body|mouth""",
    "face": "face|mouth|smile|eyelid|eyebrow",
    "speech": """slurred|slurring|slur, cant|couldnt speak|talk properly|right|clearly, words ~ come|coming out
        wrong, speech ~ off|garbled|weird, cant find words""",
    "stroke": "having|had|have|be a stroke, mini stroke, a tia, schlaganfall, derrame cerebral",
    "seizure": "seizure|seizures|convulsion|convulsions|convulsing, epileptic fit",
    "struck": """hit|hits|banged|bumped|smashed|smacked|struck|knocked|whacked|slammed|cracked|dropped|fell|fall|
        landed|blow|knock|bang|kicked|clocked|slipped|punched|conked""",
    "head": "my|his|her|the head, on head, my|his|her skull|temple|forehead, headfirst, head",
    "concussion": "concussion|concussed|concussions, gehirnerschutterung, head injury|trauma, brain injury|bleed",
    "headache": "headache|headaches|migraine, head ~ exploding|explode|pain|hurts|splitting|pounding",
    "worst": """worst|thunderclap|explosive|excruciating|unbearable, out of nowhere, sudden|suddenly, like ~
        explosion, all of a sudden, worse than ever, never had ~ like, never felt ~ like, hit by lightning""",
    "meningism": "stiff neck, neck is|feels stiff|rigid, fever, confused, hurts my eyes, rash",
    "vision": """lost|lose|losing|loss|loses ~ vision|sight|eyesight, cant|couldnt see out of, cant|couldnt see
        anything|properly|clearly, went blurry, went|gone|going blind, vision|sight|eye|eyesight ~ black|dark|
        double|gone|blurry|blurred|disappeared|blacked, blurry|blurred|double|tunnel vision, seeing double, curtain
        over my""",
    "confused": "confused|confusion|disoriented|disorientated|delirious, not making sense, dont know where i am",
    "back": "back|spine|sciatica|disc|disk|lumbar",
    "bladder": """wet|wetting|wets|peed|peeing|pissed|soiled myself, incontinence|incontinent, bladder|bowel|bowels,
        cant|couldnt ~ pee|urinate|hold, control ~ pee|urine, leaking|leak pee|urine""",
}
BODY = {
    "hot_body": """fever|feverish|fievre|fiebre|fieber, high temperature, running a temperature, chills, have|got|
        caught|with covid|influenza|pneumonia|bronchitis|sepsis|myocarditis|flu, have|got|caught the|a flu, have|got
        mono, temperature|temp ~ #fever, #fever ~ temperature|temp""",
    "infection": """flu|influenza|covid|pneumonia|bronchitis|myocarditis|mononucleosis|sepsis|mono, chest infection,
        kidney infection, grippe""",
    "training": """train|training|workout|workouts|exercise|exercising|gym|run|running|lift|lifting|session|cardio|
        race|hiit|squat|squats|ride|swim|jog|match|marathon|work|rowing|lifts|working, sweat ~ out""",
    "urine": "urine|pee|piss|peeing|peed|urinating|wee|pissing|orina|urin",
    "dark": """dark|brown|black|rust|rusty|red|reddish|bloody, like|of ~ tea|cola|coke|coffee, tea|coffee|cola|coke
        coloured|colored|color|colour""",
    "rhabdo": "rhabdo|rhabdomyolysis",
    "heat_stroke": "heatstroke|sunstroke, heat|sun stroke, heat exhaustion|illness, stopped|stop sweating, hitzschlag",
    "dehydrated": """dehydrated|dehydration, severely dehydrated, cant keep ~ down, havent|not peed|urinated, no
        pee, havent ~ peed, not drunk anything""",
    "severe": """dizzy|confused|fainting|faint|vomiting|vomit|shaking|delirious|severe|severely|seriously|collapse|
        collapsed|cramping, throwing up, heart ~ racing, cant stand, lips ~ cracked, in hours, all day, since
        yesterday, cant keep""",
    "heat": "heat|hot|sun|humid|degrees|sauna",
    "blood": "blood|bloody|sangre|blut|sang",
    "bring_up": """cough|coughed|coughing|coughs|spit|spitting|spat|vomit|vomited|vomiting|puke|puked|puking|threw|
        throw|throwing|phlegm|sputum|mucus|saliva, hacked|hacking up, coffee grounds""",
    "stool": "stool|poop|poo|urine|pee|toilet|pooping|peeing|stools",
    "swelling": "swelling|swollen|swell|swells|swelled|puffy|closing, swole|closed up, puffing|puffed up",
    "airway": "throat|tongue|lips|lip|face|airway|eyes",
    "allergy": "anaphylaxis|anaphylactic, epipen, severe allergic reaction, allergic shock",
    "hives": "hives|rash|itchy|itching, allergic",
    "calf": "calf|calves, one leg, left|right|lower leg, leg is|looks|got|feels",
    "clot_sign": "swelling|swollen|red|warm|hot|swelled|puffy|bigger",
    "clot": "dvt|thrombosis, pulmonary embolism, blood clot|clots",
    "broken": """broke|broken|fractured|fracture|fractures|shattered|deformed|crooked|dislocated|dislocate|
        dislocation, wrong way|angle, weird|odd|strange|funny angle, snapped, out of ~ socket, out of place, popped
        out, bent sideways""",
    "bone": """bone|wrist|ankle|arm|leg|foot|toe|finger|fingers|thumb|collarbone|clavicle|rib|ribs|hip|shoulder|
        elbow|knee|kneecap|forearm|shin|hand|tibia|jaw|neck|nose|spine|back|metatarsal|it|joint""",
    "bone_out": """bone is sticking|poking|showing, bone sticking|poking|visible, dislocated my|his|her, my shoulder
        ~ dislocated, shoulder|elbow|knee|kneecap|finger|hip popped|pops|came|is out of, shoulder|knee|kneecap|elbow
        popped out, cant|couldnt put ~ weight, cant|couldnt bear ~ weight, heard|felt a crack|snap, heard|felt
        something snap|crack, loud crack|snap""",
    "bleeding": """bleeding wont|doesnt stop, wont|doesnt|didnt|cant|not stop bleeding, hasnt|havent|isnt|not stopped|
        stopping bleeding, bleeding ~ not stop, bleeding ~ hasnt|isnt stopped|stopping, bleeding heavily""",
    "pregnant": """pregnant|pregnancy|trimester, weeks along, im expecting, the baby, weeks in and, embarazada|
        schwanger|enceinte""",
    "pregnancy_sign": """bleeding|blood|bled|spotting|contractions|contraction, water|waters broke, leaking fluid,
        fluid leaking, regular cramps, strong|bad|severe cramps, stopped|not|isnt moving, cant|havent feel|felt ~
        baby, sangrado""",
    "diabetic": "diabetic|diabetes|insulin|ketones, t 1|2 d, type 1|one, blood sugar|glucose, my sugar, hypo",
    "sugar_crisis": """shaky|shaking|trembling|confused|vomiting|fruity|drowsy|hypo|faint|fainted, throwing up,
        very|really|super|dangerously|too low|high, sugar ~ crashed|dropped|low|crashing, passing|passed out, cold
        sweat, high ketones, cant think""",
    "sugar_emergency": """hypoglycemia|hypoglycemic|hypoglycaemic|ketoacidosis|dka|hypoglycaemia, hypo right now,
        blood sugar|glucose ~ #lowsugar|#highsugar, my sugar is|was #lowsugar|#highsugar""",
}
MIND_AND_SUBSTANCES = {
    "self_harm": """kill|killing|killed|hang|hanging|drown|shoot myself|himself|herself, kms, unalive|unaliving|
        unalived, suicide|suicidal|suizid, end|ending|take|taking my own|life|live, end it all, ending it all, want|
        wanted|wants to die, want to be dead, wish i was|were dead, better off dead, better off without me, dont|
        not|never want to live|exist, dont|not|never want to be here|alive|around, dont|not want to wake up, no|
        without reason|point to|in live|living|life, no point ~ living|alive, nothing to live for, not worth living,
        tired of living|life|existing, tired of being alive, cant go on anymore|living, dont see a|the point ~
        living, cutting|cuts myself, cut myself again|because, cut|cutting myself ~ on purpose,
        self harm|harming|harmed, hurt|harm|hurting|harming myself on purpose,
        want|wanting|going|need|urge|urges|thinking|thoughts|feel ~ hurt|harm|hurting|harming myself, hope|wish i
        dont|never|didnt wake up, wish i was|were never born, jump off|from a|the bridge|roof|building, goodbye
        note, suicide note, selbstmord, umbringen, mich umbringen, nicht mehr leben, will sterben, suicidarme,
        quitarme la vida, quiero morir|morirme, matarme, no quiero vivir, me suicider, suicider, envie de mourir, me
        tuer, veux mourir, kill himself|herself|themselves, want|wants to not be|exist alive|anymore, burn|burning
        myself on purpose""",
    "cut_myself": "cut myself",
    "overdose": """overdose|overdosed|overdosing|od'd|oded,
        took|taken|swallowed|swallow|ate too many|much pills|tablets|
        caffeine|insulin|paracetamol|ibuprofen|melatonin|medication|meds|preworkout, took|swallowed|taken ~ bottle|
        pack|packet|box ~ pills|tablets|ibuprofen|paracetamol|tylenol|painkillers|sleeping, took|swallowed|taken all
        my pills|tablets, took|swallowed|taken #many pills|tablets|painkillers|ibuprofen|paracetamol|tylenol,
        double|triple|twice dose|doses of insulin, handful of pills|tablets|painkillers, sobredosis, uberdosis""",
    "stimulant": """caffeine|preworkout|stimulants|ephedrine|clenbuterol|clen|dmaa, pre workout, energy drinks|
        drink, fat burner""",
    "too_much": """too much, whole|entire tub|bottle|pack, #bigdose mg|milligrams|milligram, #many scoops|cans|
        pills|tablets|grams, five|six|eight|ten scoops|cans|pills""",
    "took": "took|taken|had|drank|swallowed|ate|dry|scooped|drunk|having|downed|chugged|take|slammed|used",
    "reaction": """shaking|racing|pounding|vomiting|chest|palpitations|dizzy|jittery|sick|faint|trembling|panicking|
        throwing|twitching|sweating|skipping|breathe""",
    "insulin": "insulin|dnp|dinitrophenol",
    "misuse": """inject|injecting|injected|took|take|taking|using|used|shot|pin|pinned|pinning|units|iu|dose|dosing""",
    "injecting": "inject|injecting|injected|injection|injections|pinning|pinned",
    "for_muscle": """muscle|bulk|bulking|gains|bodybuilding|lose|cutting|cut|fat|pump|size|bigger|growth|
        nondiabetic|physique|shredded|dnp""",
    "steroid": """steroids|steroid|tren|trenbolone|anavar|dianabol|dbol|winstrol|sarms|sarm|roids|deca|anadrol|
        testosterone""",
    "symptom": """chest|heart|dizzy|faint|fainted|breath|breathe|jaundice|yellow|vomiting|bleeding|pounding|
        palpitations|suicidal|rage|infected|abscess|swollen|pus""",
    "starve_myself": """starve|starving|starved myself, afraid|terrified|scared of eating|food, afraid|scared|
        terrified to eat, punish|punishing myself for|after|by eating|food|not|running, hate myself for eating, chew
        and spit, chewing and spitting, havent|not eaten ~ in|for #days, thinspo|proana|thinspiration, pro ana, me
        mato de hambre, hungere mich""",
    "disorder": """bulimia|bulimic|anorexia|anorexic|anorexie|magersucht|bulimie|orthorexia, eating disorder, binge
        and purge""",
    "purge": """purge|purging|purged, make|made|making|force|forcing|forced myself ~ throw|vomit|puke|sick|threw,
        throw|throwing|threw up after eating|meals|dinner|lunch|every, throw|throwing up everything i, vomit|
        vomiting|puke|puking ~ after eating|meals|dinner|every, stick|sticking|stuck ~ fingers down, finger|fingers
        down my throat""",
    "laxative": "laxative|laxatives|diuretic|diuretics|enema|enemas|abfuhrmittel, diet pills",
    "to_lose": """lose|losing|weight|slim|skinny|eat|eating|drop|flat|fat|abuse|abusing|every|daily|calories|flush|
        scale|thin|meal|meals|binge|took|taking""",
}
SYMPTOMS = {**HEART_AND_BREATH, **NERVES_AND_HEAD, **BODY, **MIND_AND_SUBSTANCES}
