"""Words that are one slip away from a symptom's word and mean themselves; never corrected."""

from shared.safety.phrases import words_of

_WORDS = """
aback abby abused abuses aces ached acres acting afterlife airways alain alice alike alone alongside alter among
amusing angel angie angled angles anglo arise arrests arte ashes attach attacks awake backbone backdrop backed
backgrounds backing backpack backs badder banded banned barley barns bathing bats batter battle beads beaks beams
beans bears beast beasts beater beating beings belts beta bind binding bing bitter blackburn blacker bladders bland
blank blend blending blink block blocked blocking blocks blond bloom blown blurted boats boeing boone bottled bottles
bowed bowen bowl bowls boyd braid brains brake bran braun breach breaching breadth breathed breather breed breeding
brest brian bricks bride bridges bridget bring bringing brink brisk brock broker brood brooke brow browne browns brows
bruns buildings bumper burger burned burnt burst burying bust butter cache camp camping camps carves caves certain
champ cheat chess chet chill chilly clamp clamping clashed clicked climbs close closer closes cloth cloths coal cocked
coding colon colors colours colt colts comeback concession concessions conclusion conclusions confessed confession
confessions confuse confusing conor constructed constructing construction constructions consulting contracted
contracting contractor contractors contradiction controls conversion conversions cooke cooked couldn cracks crams crap
crashes crest crime crises crisp crouch cruise crushes dail daisy daly dangerous decca degree delicious didn diner
ding disappear disappears disclose discover discs disks disorders doesn doin domes dong donor door doping doubled
doubles downfall downhill downstairs drawn dripped dripping drops drowned duck duel easing eaton ebert eighth eighty
elephants emery employing endings enemy everybody everywhere evie excluding exclusion exclusive executing exercised
exists exit exiting exits expanding expansive expensive expert exploded explore exploring explosions explosives
exposing expulsion eyebrows eyelids fainter fanny featured features feeding feeds fees feinted felling fevers fewer
fiber fibre fights finer firearm flash flatter flattering flesh flight flint flood floors flour fluids foothills
forces fore forge forged formed forming forte fright fruit fruits fuels funky gabled gaius gaping gaps gasps giles
given glue goin gong grabs grain grains gram grasping grass grin grins gripped groan groins ground grown hacker hadn
halls hamid handing handy hans harding hards hart hating haven header headwaters healed healy hears hearst heartfelt
hearth hearts hearty heated heath heaved heaviest heaving heavyweight herd hides highlight hikes hillside hilly hinds
hines hinging hive hour hunted hunting hunts hurled hurling hurst huts inception inching induction infect infections
infectious inflation influence injunction insect insertion inspection intention intentions inter invention inventions
investing itch join joins kicker kidneys killings kitchens knocks known lauded launch laying leading leaning leaping
leasing leaving lighting lights lightweight liking limb ling lining listing lists lobes locks look loops loose loosing
loser losers losses lots lover loves loving lowe lowers lumber lynch mach manny march marco mare mario marking mateo
math mating meade means mediation medications meditation metals mitch modes month moon mori moses moth mouths moved
movies muscled needle newer niche nights nightstand nothin noting overcame overcome overheard overnight overseeing
oversight overthrow overturned pace packed packets packing paint paints pairs palace pans pants paralysis paris parks
part party pasted paused pauses pausing peace peering penned peru picking piles pill pinched pink placed places plains
plane pocket pointe poked polls pont popping ports posing pressured pressures preston primate print problem property
propped publishing puff pulls pulsed pulses punches punching pure puree purposes purse pursed pushing raced racer
racers racking racks radiated radiation raging raids raised raises rally rams rating raving rbis reactions reasons
regulars reilly reset rider rights rise roads rods ruin sacked sacred sadden saddled saddles sailed sale sand sanding
scala scaled scales scalp scare scarred scattered scoop scooted scored screaming seating seeding seeking seeming seine
seize sell selling sells sensations sensed senses sessions setting sever severed severn sewing shack shady shake shale
shallow shanky shaping shared sharing shay shell shells sheltered shine shipped shipping ships shocks shook shops
shore shores shortest shorts shortstop shout shouting shouts shoving shows sides sidewalk sigh sighs sights sins
sipped sipping sired sized sizes skies skill skins skipper skort skulls slacked slapped slashed slick slight slipping
slips slitting slowing smelled smelling smells smiled smiles smuggling snacked snaking snaky snaps sneak sneezing
sniff snort snuck soaking sock socked sole sort spanning spans spared speaking speaks spear speeding spell spelled
spelling spells spending spice spies spill spines spire spite spoiled spool sport sporting spurred squads squeezes
stab stack stacked staff stair staking stale stall stan standings stands stare stared staring starred starring
starting stats stays steak stepped sticks sticky stil stills stimulate stock stocking stoke stole stomped stood stops
strand stranger streaming strike string strode stroked stronghold struggled struggles strung stuff suck sued superb
supervision supper swallows swat swear swearing sweats sweeping sweeting swept swore tables tablet takeover takes
temperate temperatures temples testified thank theme thereafter these thick thing thinks thorough thought threat three
thrown throws thumbs thump tied tights tiled timed tingle tinkling tires toilets token tongues trail trailing trains
trait tran travel trent tried trieste tripled troubled troubles trough trying tumbling tuned tuning tunnels turner
twain typing unit unite unity urged urines usable visibly visions vivid wages waist waited waiter waiting waits waking
wales walkover walter walters wards wasted wasting waterfall watts waves weeds weigh weighs weir wentworth west whale
white whore whose wight withstand wong woods woody word wore workforce workings workplace works worlds worms worthy
wrest wright writ
"""
ORDINARY = words_of(_WORDS)
