import { useId } from "react";

import { useFormat } from "../i18n/format";
import { useText } from "../i18n/language";
import { shellText } from "../i18n/text";
import { scaleOf } from "./plot_scale";
import { Table } from "./Table";

export interface Series {
  label: string;
  /** One for each of the plot's labels; null where there is none. */
  values: readonly (number | null)[];
  kind: "bar" | "line";
}

interface Props {
  title: string;
  unit?: string;
  /** Along the horizontal axis: days, weeks. */
  labels: readonly string[];
  /** Bars stand on each other; at most five series have a colour of their own. */
  series: readonly Series[];
}

const [WIDTH, HEIGHT, LEFT, BOTTOM, TOP] = [440, 200, 46, 26, 10];

/** A drawing of bars and lines that has the page's colours, and the same numbers as a table. */
export function Plot({ title, unit = "", labels, series }: Props) {
  const t = useText(shellText);
  const format = useFormat();
  const id = useId();
  const { top, ticks } = scaleOf(highest(labels.length, series), isOfCounts(series));
  const step = (WIDTH - LEFT) / Math.max(labels.length, 1);
  const x = (at: number) => LEFT + step * (at + 0.5);
  const y = (value: number) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / top);
  const every = Math.ceil(labels.length / 6); // labels stand apart
  return (
    <figure className="plot">
      <figcaption id={id}>
        <strong>{title}</strong> {unit && <span className="faint">{unit}</span>}
        {series.length > 1 && (
          <span className="plot-legend">
            {series.map((one, at) => (
              <span key={one.label}>
                <i className={`swatch s${at}`} /> {one.label}
              </span>
            ))}
          </span>
        )}
      </figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-labelledby={id}>
        {ticks.map((tick) => (
          <g key={tick}>
            <line x1={LEFT} x2={WIDTH} y1={y(tick)} y2={y(tick)} className="plot-grid" />
            <text x={LEFT - 8} y={y(tick) + 4} textAnchor="end">
              {format.number(tick, 2)}
            </text>
          </g>
        ))}
        {labels.map((label, at) =>
          at % every === 0 ? (
            <text key={at} x={x(at)} y={HEIGHT - 8} textAnchor="middle">
              {label}
            </text>
          ) : null,
        )}
        {labels.map((label, at) => (
          <Bars key={at} {...{ label, at, series, unit }} left={x(at) - step * 0.36} width={step * 0.72} y={y} />
        ))}
        {series.map((one, index) =>
          one.kind === "line" ? <Line key={one.label} {...{ one, index, labels, unit, x, y }} /> : null,
        )}
      </svg>
      <details>
        <summary>{t.asTable}</summary>
        <Table
          caption={title}
          columns={[
            { title: "", cell: (at: number) => labels[at] },
            ...series.map((one) => ({
              title: one.label,
              isNumber: true,
              cell: (at: number) => (one.values[at] == null ? "" : format.number(one.values[at], 2)),
            })),
          ]}
          rows={labels.map((_, at) => at)}
          keyOf={(at) => at}
        />
      </details>
    </figure>
  );
}

interface BarsProps {
  label: string;
  at: number;
  series: readonly Series[];
  unit: string;
  left: number;
  width: number;
  y(value: number): number;
}

function Bars({ label, at, series, unit, left, width, y }: BarsProps) {
  const format = useFormat();
  const heights = series.map((one) => (one.kind === "bar" ? (one.values[at] ?? 0) : 0));
  return series.map((one, index) => {
    const value = heights[index] ?? 0;
    const below = heights.slice(0, index + 1).reduce((sum, height) => sum + height, 0);
    return value > 0 ? (
      <rect
        key={one.label}
        x={left}
        width={width}
        y={y(below)}
        height={y(0) - y(value)}
        rx="2"
        className={`fill s${index}`}
      >
        <title>{`${label}: ${one.label} ${format.number(value, 2)} ${unit}`}</title>
      </rect>
    ) : null;
  });
}

interface LineProps {
  one: Series;
  index: number;
  labels: readonly string[];
  unit: string;
  x(at: number): number;
  y(value: number): number;
}

function Line({ one, index, labels, unit, x, y }: LineProps) {
  const format = useFormat();
  const points = one.values.flatMap((value, at) => (value === null ? [] : [{ at, value }]));
  return (
    <g className={`stroke s${index}`}>
      <polyline points={points.map(({ at, value }) => `${x(at)},${y(value)}`).join(" ")} />
      {points.map(({ at, value }) => (
        <circle key={at} cx={x(at)} cy={y(value)} r="3.5">
          <title>{`${labels[at]}: ${one.label} ${format.number(value, 2)} ${unit}`}</title>
        </circle>
      ))}
    </g>
  );
}

function isOfCounts(series: readonly Series[]): boolean {
  return series.every(({ values }) => values.every((value) => value === null || Number.isInteger(value)));
}

/** Of the stacked bars and of each line. */
function highest(count: number, series: readonly Series[]): number {
  const bars = Array.from({ length: count }, (_, at) =>
    series.reduce((sum, one) => sum + (one.kind === "bar" ? (one.values[at] ?? 0) : 0), 0),
  );
  const lines = series.flatMap((one) => (one.kind === "line" ? one.values.map((value) => value ?? 0) : []));
  return Math.max(0, ...bars, ...lines);
}
