import { useHercules } from "@hercules/client/react";
import { useState } from "react";

import { bodyOf } from "../../app/body";
import { href } from "../../app/route";
import type { Schemas } from "../../app/schemas";
import { SelectField } from "../../design/Field";
import { Icon } from "../../design/Icon";
import { Table } from "../../design/Table";
import { useLoaded } from "../../design/useLoaded";
import { useFormat } from "../../i18n/format";
import { useText } from "../../i18n/language";
import { ratingReasons } from "../../i18n/rating_reasons";
import { de } from "./de";
import { en } from "./en";
import type { Period } from "./period";
import { Shown } from "./Shown";

/** What people think of answers, with what they wrote to whoever runs this. */
export function Ratings({ period }: { period: Period }) {
  const t = useText({ en, de });
  const { api } = useHercules();
  const [wanted, setWanted] = useState("");
  const rating = wanted === "" ? undefined : (Number(wanted) as 1 | -1);
  const query = { ...period, limit: 100, rating };
  const ratings = useLoaded(() => bodyOf(api.GET("/v1/operations/ratings", { params: { query } })), [wanted]);
  return (
    <div className="stack">
      <div className="operations-filter">
        <SelectField
          label={t.rating}
          value={wanted}
          options={[
            ["", t.allRatings],
            ["-1", t.bad],
            ["1", t.good],
          ]}
          onChange={setWanted}
        />
      </div>
      <Shown of={ratings}>
        {({ items }) => (items.length === 0 ? <p>{t.none}</p> : <RatingTable ratings={items} />)}
      </Shown>
    </div>
  );
}

function RatingTable({ ratings }: { ratings: readonly Schemas["SeenRating"][] }) {
  const t = useText({ en, de });
  const reasons = useText(ratingReasons);
  const format = useFormat();
  return (
    <Table
      caption={t.tabs.ratings}
      keyOf={(one) => one.id}
      rows={ratings}
      columns={[
        {
          title: t.rating,
          cell: (one) => (
            <span className={one.rating > 0 ? "badge good" : "badge bad"}>
              <Icon name={one.rating > 0 ? "up" : "down"} /> {one.rating > 0 ? t.good : t.bad}
            </span>
          ),
        },
        { title: t.reasons, cell: (one) => one.reasons.map((reason) => reasons[reason] ?? reason).join(", ") },
        { title: t.comment, cell: (one) => <span className="said-of-it">{one.comment}</span> },
        { title: t.model, cell: (one) => one.model ?? "–" },
        { title: t.when, cell: (one) => format.relative(one.created_at) },
        {
          title: t.turn,
          cell: (one) =>
            one.turn_id && <a href={href("operations", "turns", one.turn_id)}>{one.turn_id.slice(0, 8)}</a>,
        },
      ]}
    />
  );
}
