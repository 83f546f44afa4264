import "./operations.css";

import { useState } from "react";

import { href } from "../../app/route";
import type { ViewProps } from "../../app/views";
import { SelectField } from "../../design/Field";
import { Page } from "../../design/Page";
import { Tabs } from "../../design/Tabs";
import { useText } from "../../i18n/language";
import { de } from "./de";
import { en } from "./en";
import { Ingestion } from "./Ingestion";
import { PERIODS, periodOf } from "./period";
import { Plans } from "./Plans";
import { Ratings } from "./Ratings";
import { Rooms } from "./Rooms";
import { RoomTrace } from "./RoomTrace";
import { Safety } from "./Safety";
import { Turns } from "./Turns";
import { TurnTrace } from "./TurnTrace";
import { Use } from "./Use";

const OF_A_PERIOD = { use: Use, turns: Turns, rooms: Rooms, ratings: Ratings, safety: Safety } as const;
const PARTS = ["use", "turns", "rooms", "ratings", "safety", "ingestion", "plans"] as const;

/** For operators: how the deployment does. */
export default function OperationsView({ rest }: ViewProps) {
  const t = useText({ en, de });
  const [days, setDays] = useState(30);
  const part = PARTS.find((one) => one === rest[0]) ?? "use";
  const id = rest[1];
  const OfPeriod = part in OF_A_PERIOD && !id ? OF_A_PERIOD[part as keyof typeof OF_A_PERIOD] : undefined;
  return (
    <Page
      title={t.title}
      lead={t.lead}
      actions={
        OfPeriod && (
          <SelectField
            label={t.period}
            value={String(days)}
            options={PERIODS.map((one) => [String(one), t.days(one)])}
            onChange={(value) => setDays(Number(value))}
          />
        )
      }
    >
      <Tabs
        label={t.parts}
        tabs={PARTS.map((one) => ({ href: href("operations", one), title: t.tabs[one], isCurrent: one === part }))}
      />
      {OfPeriod && <OfPeriod key={days} period={periodOf(days)} />}
      {part === "turns" && id && <TurnTrace key={id} id={id} />}
      {part === "rooms" && id && <RoomTrace key={id} id={id} />}
      {part === "ingestion" && <Ingestion />}
      {part === "plans" && <Plans user={id} />}
    </Page>
  );
}
