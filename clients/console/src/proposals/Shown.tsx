import { useFieldWords } from "../forms/field_words";
import { useText } from "../i18n/language";
import { Exercises, type ShownExercise } from "../training/Exercises";
import { PlanSummary, type ShownPlan } from "../training/PlanSummary";
import { de } from "./de";
import { en } from "./en";

type Thing = Record<string, unknown>;

/** A value of a preview: plans and workouts as such, other things by their fields. */
export function Shown({ value, unit }: { value: unknown; unit: string | null }) {
  const t = useText({ en, de });
  const { choice } = useFieldWords();
  if (isNothing(value)) {
    return <span className="faint">{t.nothing}</span>;
  }
  if (Array.isArray(value)) {
    return <List values={value} unit={unit} />;
  }
  if (typeof value === "object") {
    return <OfThing thing={value as Thing} />;
  }
  const text = typeof value === "string" ? value : typeof value === "boolean" ? choice(String(value)) : String(value);
  return <span className="shown-text">{unit ? `${text} ${unit}` : text}</span>;
}

function List({ values, unit }: { values: unknown[]; unit: string | null }) {
  return values.length === 1 ? (
    <Shown value={values[0]} unit={unit} />
  ) : (
    <ul>
      {values.map((value, at) => (
        <li key={at}>
          <Shown value={value} unit={unit} />
        </li>
      ))}
    </ul>
  );
}

function OfThing({ thing }: { thing: Thing }) {
  const { label } = useFieldWords();
  if (Array.isArray(thing.sessions)) {
    return <PlanSummary plan={thing as unknown as ShownPlan} />;
  }
  const { exercises, ...rest } = thing;
  const told = Object.entries(rest).filter(([name, value]) => !isNothing(value) && !/(^|_)id$/.test(name));
  const [only] = told;
  return (
    <div className="shown-thing">
      {told.length === 1 && only?.[0] === "name" ? (
        String(only[1])
      ) : (
        <ul>
          {told.map(([name, value]) => (
            <li key={name}>
              <span className="faint">{label(name)}:</span> <Shown value={value} unit={null} />
            </li>
          ))}
        </ul>
      )}
      {Array.isArray(exercises) && <Exercises exercises={exercises as ShownExercise[]} />}
    </div>
  );
}

function isNothing(value: unknown): boolean {
  return value === null || value === undefined || value === "" || (Array.isArray(value) && value.length === 0);
}
