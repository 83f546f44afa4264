import type { RoomState } from "@hercules/client";

import { Card } from "../../design/Card";
import { Icon } from "../../design/Icon";
import { Markdown } from "../../design/Markdown";
import { useText } from "../../i18n/language";
import { text } from "./text";

/** What the reviewer said of each criterion; before that, by which it will be judged. */
export function Review({ state: { room, review } }: { state: RoomState }) {
  const t = useText(text);
  const issues = room?.status_reason === "red_flag" ? [] : (room?.issues ?? []);
  return (
    <Card title={t.review.title} aside={review && t.review.round(review.round)} label={t.review.title}>
      {!review && room?.criteria.length === 0 && <p className="small faint">{t.review.none}</p>}
      <ul className="room-criteria">
        {review
          ? review.criteria.map((one) => (
              <li key={one.criterion} className={one.met ? "met" : "unmet"}>
                <Icon name={one.met ? "check" : "warning"} />
                <div>
                  <span className="sr-only">{one.met ? t.review.met : t.review.unmet}: </span>
                  <Markdown text={one.criterion} />
                  <p className="small faint">{[one.file, one.reason].filter(Boolean).join(": ")}</p>
                </div>
              </li>
            ))
          : room?.criteria.map((criterion) => (
              <li key={criterion}>
                <Icon name="list" />
                <Markdown text={criterion} />
              </li>
            ))}
      </ul>
      {issues.length > 0 && (
        <>
          <h4>{t.review.issues}</h4>
          <ul className="room-said">
            {issues.map((issue) => (
              <li key={issue}>{issue}</li>
            ))}
          </ul>
        </>
      )}
    </Card>
  );
}
