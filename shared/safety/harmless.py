"""What sounds like a symptom and is none: idioms, gym talk, and words that are near a symptom's spelling."""

IDIOMS = {
    "gym": """chest|chests ~ day|days|press|presses|workout|workouts|exercise|exercises|fly|flyes|flies|supported|
        strap|straps|monitor|muscles|muscle|size|pump|session|routine|program|volume|gains|freezer|dips|training|
        hair|tattoo|expansion, chest and ~ day|workout|session|shoulders|triceps|back|arms|biceps, chest on monday|
        tuesday|wednesday|thursday|friday|saturday|sunday, bar|barbell|elbows|dumbbells|handle|handles|knees ~ to|
        touches|touch|touching|off my|the|your chest, big|bigger|upper|lower|inner|wide|huge|broad|hairy chest,
        chest up|out|high|down|proud, treasure|medicine chest, train|trained|training|did|do|doing|hit|hitting|work|
        worked|working|grow|growing|build|building my|your|a|the|on chest, train|trained|training|did|do|doing|hit|
        hitting|work|worked|working|grow|build chest, to chest, chest to bar, chest hits|touches|height|level,
        smash|smashed|smashing|destroy|destroyed ~ chest, chest measurement|circumference, heart rate, heart rates,
        heart rate zone, by heart, heart of, my heart into, heart out, heart and soul, with all my heart, heart set,
        heart goes out, to heart, heart is|was not in|into|set, heart sank, lost heart, heart health|healthy|
        disease, broken heart, broke my heart, breaks|break|broke ~ heart, heart breaking, heartburn, heart warming,
        heart zone|zones, light hearted, sweet heart, change of heart""",
    "pain": """no pain no gain, pain in the ass|butt|neck|arse|backside, was|is|are|such|being|were a pain, a pain
        to, spare me the pain, pain cave, feel your pain, growing pains, pain free, growing pain, it|this|that hurts
        my ego|pride|wallet|feelings, hurts|hurt my|his|her ego|pride|wallet|feelings|progress|gains, cant hurt,
        wont hurt, doesnt hurt to, hurt my chances, would it hurt, it hurt to see|watch|lose""",
    "heart_talk": "gave|give|gives|giving|almost|nearly me|had|having a heart attack, heart attack on a plate",
    "pressure": """blood pressure, peer|time|under|work|pressure pressure|cooker, pressure cooker, no pressure,
        under pressure, tyre|tire pressure, pressure from work|boss|coach, bar pressure, tight schedule|budget|on|
        hips|hamstrings|clothes|shirt, squeeze|squeezing|tighten at|my|the top|glutes|core|abs|pecs, squeezing ~
        chest ~ top, squeeze ~ chest, heavy ~ day|bench|weight|weights|lifting|squats|set|sets|lift|bag, heavy
        chest, chest heavy, burning calories|fat, burns calories|fat, tight grip, heavy on""",
    "faint": """faint idea|memory|line|praise|smell|hope, faint of heart, faint hearted, passed|passing out flyers|
        leaflets|asleep|on|in|from|at ~ couch|sofa|bed|sleep|asleep|pillow|hammock|recliner|night, passed|pass|
        passing out ~ asleep|couch|sofa|bed|sleep|nap, passed|passing|pass out flyers|leaflets|cards|medals|water|
        towels, pass|passed|passing the ball|test, blackout curtains|blinds|drunk, power|media|training blackout,
        black out curtains|blinds, collapse|collapsed|collapsing into|on|onto|in ~ bed|couch|sofa|chair, knees|knee|
        chest|back|core|hips|arch|arches|ankles|elbows|form|posture|tent|lungs|shoulders|trunk|torso ~ collapse|
        collapses|collapsing|collapsed|caving, collapse|collapsing|collapses|collapsed inward|inwards|forward|arch|
        arches|lung|marathon, market|economy|house|business collapsed|collapse""",
    "breath": """out of breath ~ sprint|sprints|sprinting|burpees|intervals|hiit|stairs, breathless ~ sprint|
        sprints|sprinting|burpees|intervals|hiit, breath of fresh, hold|holding|held my|your breath, breath work,
        take my breath, cant breathe ~ mask|nose|underwater|burpees|sprints|set|bracing, breath taking, save your
        breath, catch my|your|their breath between, waste ~ breath, bad breath, deep breath|breaths, rest|resting|
        rests between|time|times|day|days|period|periods|interval|intervals|heart|metabolic|timer|longer, resting
        heart rate, resting metabolic rate""",
    "fever": """hay fever, cabin fever, fever pitch, saturday night fever, football|world|cup|gym|race|olympic|
        spring|baby|gold|disco|dance|marathon|playoff fever, fever dream, flu|covid|influenza|pneumonia shot|shots|
        jab|vaccine|vaccination|booster|vax, man flu, before covid, since covid, during covid, covid times|lockdown|
        pandemic|years|era, after covid lockdown, because of covid, pre covid, post covid, mono tone, flu season,
        mono structural, mono unsaturated, chills out""",
    "numb": """mind numbing|numbingly|numbing, numb to|from|with the|boredom|it|criticism, comfortably numb, brain
        is|feels|numb numb, mind is|went|goes|feels numb, numb mind, emotionally numb, numbing|numb cream|spray|gel,
        numb from ~ cold|ice|dentist|boredom, bored numb, numb with, numb skull, hands|fingers|toes|feet ~ numb ~
        cold|ice|snow|winter, numb ~ dentist|dental|anesthetic, weak point|points|spot|link|muscle|body|muscles|
        side|excuse|sauce|knees, weakness for, my weakness is, weak at|on|in""",
    "stroke": """breast|back|butterfly|freestyle|front|swim|rowing|row|brush|arm|side|golf|tennis|paddle stroke|
        strokes, breaststroke, stroke rate|rates|volume|length|technique|count|per|index, strokes per, stroke of
        luck|genius|midnight, per stroke, my stroke, each stroke, different strokes""",
    "head": """over|above|behind|overhead|off my|the|your head, head to head, head start, head over|to|into|out|
        back, nail on the head, head of, head coach, nail on head, bang|banging|hit|hitting|banged my head against
        a|the wall|brick, head is|was full|in|elsewhere|spinning with, head space, headspace, head for, head first
        into, in my head, my head ~ game, from head, shower head, hit ~ gym|pr|pb|plateau|target|goal|goals|macros|
        depth|protein|wall, fell|fall ~ off the wagon|schedule|plan|asleep|behind|love|track, dropped ~ weight|
        kilos|pounds|kg|lbs|set|sets, head up|down|position|forward|neutral|tilt|lamp|torch|band|phones|stand|rest|
        strap|wind, get ~ around, head|heads up, heading, wrap|get|got my head, out of my head, hit me ~ that|like""",
    "vision": """lost|lose|losing|loses sight of, vision board|boards|statement|quest, my vision for|of|is, clear
        vision, cant see my|any|the|a abs|abdominals|progress|results|toes|change|changes|difference|point, tunnel
        vision on, double vision board, night vision, seeing stars on, blood sweat and tears, blood flow, blood flow
        restriction, blood test|tests|work|type|oxygen|lactate|donation|orange, bloodwork, in cold blood, blood
        rush, donated|donate|donating blood, blood sugar spike|spikes|levels|monitor|response, new blood, bad blood,
        bloody hard|hell|good|love|well|great|tired|amazing|brilliant|hate, high in blood, sweat blood, blood
        lactate""",
    "death": """dying for|to, to die for, die|dying of laughter|boredom|embarrassment|curiosity|hunger|thirst, die
        hard, could|would|d kill for, kill for a|some|that, kill|killed|killing it|that|this|two|the|time|my|me|his|
        us, killer, dead|deads lift|lifts|lifting|hang|hangs|bug|bugs|stop|tired|weight|sea|serious|line|simple|
        bench|ball, deadlift|deadlifts, suicide|suicides runs|run|sprints|sprint|drill|drills|grip|squeeze|squad|
        shuttles|shuttle, do|did|does|doing|done|ran|run|running ~ suicides, what is|are|causes ~ rhabdo|
        rhabdomyolysis|dvt|heatstroke|anorexia|bulimia|orthorexia|anaphylaxis|hypoglycemia|concussion, am|been|was|
        kept|keep|of|by killing myself in|with|on|at|doing ~ gym|leg|squats|burpees|treadmill|intervals|hiit|cardio|
        wod|crossfit|spin|class, killed myself in|with|on|at|doing ~ gym|leg|squats|burpees|treadmill|intervals|
        hiit|cardio|wod|crossfit|class, taking|take my life back, take my life to, end it with, dead last, over my
        dead body, drop dead gorgeous, hang|hanging myself from|on ~ bar|rings|pull, cut myself some slack, cut|
        cutting myself ~ slack|shaving|kitchen|knife|onions|cooking|paper|off|short|barbell, cut|cutting myself off,
        hurt myself ~ deadlifting|squatting|benching|lifting|gym|yesterday|training|again, shoot myself in the foot,
        kick myself""",
    "food": """purge|purged|purging my|the ~ closet|phone|fridge|pantry|kitchen|apps|inbox|house|cupboard|files,
        purge my, the purge, binge watch|watched|watching, binge watch ~ series|show, purge valve, too much on my
        plate, dont eat|skip breakfast|meat|gluten|dairy|pork|fish|before|after|late|eggs|enough|much|carbs|sugar|
        red|animal, stopped|stop eating ~ meat|dairy|sugar|late|gluten|junk|before|sweets|candy""",
    "body": """broke|break|broken|breaking|breaks ~ record|pb|pr|plateau|sweat|bank|streak|parallel|habit|habits|
        fast|down|rules|machine|treadmill|bike|news|up|phone|scale|watch, broken down, spring break, break down,
        knuckles|knees|joints crack|pop|click, snapped a picture|photo|band|pic, snap back, cramp|cramps ~ calf|
        calves|foot|hamstring, red meat|light|bull|wine|face|pepper|flag, hot|heat yoga|pilates|tub|sauce|chocolate|
        shower|day|days|weather|water|pack, heat pack|pad|acclimation|training, dark yellow, dark chocolate, dark
        outside, black coffee|tea|belt, in the dark, green tea, brown rice, rash decision|decisions, rash guard,
        over reaction, pumped|pump ~ swollen, baby steps|weight|food, the baby sleeps|cries|is|wakes|was|in|on,
        crunch time, leg day ~ walk, cant walk ~ leg day, cant lift|raise my arms ~ after, cant|couldnt feel my|the
        legs|arms|quads|glutes|glute|lats|hamstrings|abs|chest|muscles|core|biceps ~ after|working|activate|during|
        activating|day|leg, cant feel my glutes|lats|abs|muscle|chest|core|hamstrings|quads|traps""",
}
