"""What is said instead of an answer when a message holds a red flag: fixed, urgent, kind, and no training plan."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Advice:
    text: str
    source: str


_CALL = "please call your local emergency number now (112 in Europe, 911 in the US, 999 in the UK)"
_NO_TRAINING = "Training can wait: I won't suggest any until a doctor has cleared you."

EMERGENCY = Advice(
    f"Please stop exercising and sit or lie down. What you describe can be a medical emergency. If it is "
    f"happening now, "
    f"comes back, or gets worse, {_CALL}. Don't drive yourself, and if you can, have someone stay with you. Even if it "
    f"has passed, have a doctor look at it today. {_NO_TRAINING}",
    "AHA/ACC chest pain guideline 2021; ACSM Guidelines for Exercise Testing and Prescription, 11th ed. 2021",
)
STROKE = Advice(
    f"Sudden numbness, weakness, a drooping face, or trouble speaking or seeing can be signs of a stroke or a pressed "
    f"nerve. If it came on suddenly or is on one side, {_CALL} and note when it began. Numbness between the legs or "
    f"trouble with bladder or bowel needs an emergency department today. Anything else that is numb should be "
    f"seen by a doctor "
    f"soon. Please don't train through it. {_NO_TRAINING}",
    "AHA/ASA acute stroke guideline 2019; NICE NG59 low back pain and sciatica 2016",
)
HEAD = Advice(
    f"Please stop training now: after a blow to the head the brain needs rest and a check. If there is vomiting, a "
    f"worsening headache, confusion, drowsiness, weakness, a seizure or any loss of consciousness, {_CALL}. "
    f"Otherwise see "
    f"a doctor today, don't stay alone for the next 24 hours, and don't drive. {_NO_TRAINING}",
    "Consensus statement on concussion in sport, Amsterdam 2022 (BJSM 2023)",
)
ILLNESS = Advice(
    f"I'm sorry you're unwell. Please don't train with a fever or an infection like this: it can reach the "
    f"heart. Rest, "
    f"drink, and call a doctor if it is above 39 °C (102 °F), lasts more than three days, or worries you. With chest "
    f"pain, trouble breathing, a stiff neck or confusion, {_CALL}. {_NO_TRAINING}",
    "AHA/ACC eligibility recommendations for competitive athletes with myocarditis 2015",
)
HEAT = Advice(
    f"This can be heat stroke or dangerous dehydration. Stop, get into the shade or a cool room, take off "
    f"extra clothing and "
    f"cool yourself with cold water, most of all if you are confused, faint, vomiting or no longer sweating. In that "
    f"case {_CALL}: cool first, transport second. Sip water only if fully awake. {_NO_TRAINING}",
    "ACSM expert consensus statement on exertional heat illness 2021",
)
KIDNEYS = Advice(
    f"Dark or brown urine, or strongly swollen and weak muscles after training, can be rhabdomyolysis, which "
    f"can harm the "
    f"kidneys within hours. Please go to an emergency department today and tell them about the training; drink "
    f"water on "
    f"the way. If you feel faint, confused or your heart beats irregularly, {_CALL}. {_NO_TRAINING}",
    "CDC/NIOSH on rhabdomyolysis 2023",
)
ALLERGY = Advice(
    f"This can be a severe allergic reaction. Use an adrenaline (epinephrine) pen if you have one and {_CALL}. "
    f"Lie down with "
    f"your legs raised, or sit up if breathing is hard. Go even if it gets better: it can return. {_NO_TRAINING}",
    "World Allergy Organization anaphylaxis guidance 2020",
)
CRISIS = Advice(
    "I'm really glad you told me, and I'm sorry it hurts this much. You deserve a person beside you, right now. If "
    "you might act on it, or have hurt yourself, please call your local emergency number (112, 911, 999). You "
    "can also talk to "
    "someone at any hour: call or text 988 in the US or Canada, 116 123 in the UK and Ireland, or your local "
    "crisis line (findahelpline.com). If you can, move away from anything you could hurt yourself with and "
    "tell someone near you. "
    "Training can wait; you matter more.",
    "WHO LIVE LIFE 2021; 988 Suicide & Crisis Lifeline 2022",
)
OVERDOSE = Advice(
    f"This can be dangerous even while you feel fine. Please don't take any more and don't train: {_CALL}, or a poison "
    f"line (1-800-222-1222 in the US). Say what you took, how much and when, keep the package, and don't make yourself "
    f"vomit. Have someone stay with you. If you took it to hurt yourself, you can talk to someone at once: 988 in "
    f"the US, or your local crisis line. You are not in trouble.",
    "America's Poison Centers 2023; WHO poison centres guidance 2021",
)
EATING = Advice(
    "Thank you for trusting me with this. What you describe is hard on body and mind, and it is not your fault; people "
    "do recover. I won't give you a diet or a workout for it. Please talk to a doctor or an eating-disorder helpline "
    "soon (in the US text or call 988; elsewhere your national eating-disorder helpline), and to someone you "
    "trust. If you "
    "feel faint, your heart beats irregularly, you can't keep water down, or you think of harming yourself, "
    "call your local "
    "emergency number (112, 911, 999) now.",
    "IOC consensus statement on RED-S 2023; APA eating disorders guideline 2023",
)
PREGNANCY = Advice(
    f"Please stop exercising and call your maternity unit, midwife or doctor right now. Bleeding, regular "
    f"contractions, leaking "
    f"fluid or a baby that moves less need to be checked today. With heavy bleeding, severe pain, or if you "
    f"feel faint, "
    f"{_CALL}. {_NO_TRAINING}",
    "ACOG Committee Opinion 804, 2020",
)
CLOT = Advice(
    f"A calf or leg that is swollen, warm, red or painful on one side can be a blood clot. Please don't train, "
    f"stretch or "
    f"massage it, and see a doctor or emergency department today. With shortness of breath, chest pain or coughing "
    f"blood, {_CALL}. {_NO_TRAINING}",
    "NICE NG158 venous thromboembolic diseases 2020",
)
INJURY = Advice(
    f"That can be a fracture or dislocation. Please don't load it and don't push anything back into place: "
    f"keep it still, "
    f"cool it, and go to an emergency department or urgent care today. If bone shows, bleeding won't stop, the limb is "
    f"cold or numb, or it is the neck or back, don't move and {_CALL}. {_NO_TRAINING}",
    "International consensus on first aid (ILCOR) 2020",
)
SUGAR = Advice(
    f"This can be a diabetic emergency. Stop exercising and measure your blood sugar if you can. If it is low and you "
    f"can swallow, take 15 g of fast sugar and measure again after 15 minutes. If you are confused, drowsy, "
    f"vomiting, have "
    f"ketones, or it doesn't improve, {_CALL}. Please don't stay alone. {_NO_TRAINING}",
    "ADA Standards of Care in Diabetes 2024",
)
