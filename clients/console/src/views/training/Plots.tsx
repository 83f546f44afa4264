import { Card } from "../../design/Card";
import { Plot } from "../../design/Plot";
import { useFormat } from "../../i18n/format";
import { useText } from "../../i18n/language";
import { liftsOf, weeksOf } from "../../training/statistics";
import type { Workout } from "../../training/workout";
import { de } from "./de";
import { en } from "./en";

const WEEKS = 12;
const LIFTS = 4;

/** The last twelve weeks, in a chunk of its own. */
export default function Plots({ workouts }: { workouts: readonly Workout[] }) {
  const t = useText({ en, de }).plots;
  const format = useFormat();
  const weeks = weeksOf(workouts, WEEKS);
  const lifts = liftsOf(workouts, weeks, LIFTS);
  const labels = weeks.map((week) => format.day(week.monday));
  return (
    <div className="grid plots">
      <Card>
        <Plot
          title={t.load}
          unit={t.loadUnit}
          labels={labels}
          series={[{ label: t.load, kind: "bar", values: weeks.map((week) => week.load) }]}
        />
      </Card>
      <Card>
        <Plot
          title={t.volume}
          unit={t.volumeUnit}
          labels={labels}
          series={[{ label: t.volume, kind: "bar", values: weeks.map((week) => week.sets) }]}
        />
      </Card>
      <Card>
        <Plot
          title={t.time}
          unit={t.timeUnit}
          labels={labels}
          series={[{ label: t.time, kind: "bar", values: weeks.map((week) => week.minutes) }]}
        />
      </Card>
      {lifts.length > 0 && (
        <Card>
          <Plot
            title={t.maximum}
            unit={t.maximumUnit}
            labels={labels}
            series={lifts.map((lift) => ({ label: lift.name, kind: "line", values: lift.maxima }))}
          />
        </Card>
      )}
    </div>
  );
}
