import "./profile.css";

import type { Profile } from "@hercules/client";
import { useHercules } from "@hercules/client/react";
import { type FormEvent, useState } from "react";

import { bodyOf } from "../../app/body";
import { WeekMeter } from "../../app/WeekMeter";
import { Button } from "../../design/Button";
import { Card } from "../../design/Card";
import { Loading } from "../../design/Loading";
import { Page } from "../../design/Page";
import { ProblemMessage } from "../../design/ProblemMessage";
import { useToast } from "../../design/Toast";
import { useLoaded } from "../../design/useLoaded";
import type { Fields } from "../../forms/schema";
import { SchemaForm } from "../../forms/SchemaForm";
import { useText } from "../../i18n/language";
import { de } from "./de";
import { en } from "./en";
import { Memories } from "./Memories";
import { YourData } from "./YourData";

const FIELDS = [
  "goals",
  "experience_level",
  "time_availability",
  "equipment",
  "injuries",
  "conditions",
  "medicines",
  "birth_year",
  "sex",
  "pregnant",
  "units",
  "country",
  "language",
  "time_zone",
];

export default function ProfileView() {
  const t = useText({ en, de });
  const { api } = useHercules();
  const profile = useLoaded(() => bodyOf(api.GET("/v1/profile")), []);
  return (
    <Page title={t.title} lead={t.lead}>
      {profile.fault !== undefined && <ProblemMessage fault={profile.fault} onRetry={profile.reload} />}
      <div className="profile">
        <Card title={t.about}>
          {profile.value ? (
            <ProfileForm key={profile.value.updated_at} profile={profile.value} onSave={profile.set} />
          ) : (
            profile.fault === undefined && <Loading />
          )}
        </Card>
        <div className="stack">
          <Card title={t.week}>
            <WeekMeter isWhole />
          </Card>
          <Memories />
          <YourData />
        </div>
      </div>
    </Page>
  );
}

function ProfileForm({ profile, onSave }: { profile: Profile; onSave(profile: Profile): void }) {
  const t = useText({ en, de });
  const { api } = useHercules();
  const toast = useToast();
  const [changed, setChanged] = useState<Fields>({});
  const [fault, setFault] = useState<unknown>();
  const [isBusy, setIsBusy] = useState(false);
  const save = async (event: FormEvent) => {
    event.preventDefault();
    setIsBusy(true);
    setFault(undefined);
    try {
      onSave(await bodyOf(api.PATCH("/v1/profile", { body: cleaned(changed) })));
      toast.say(t.saved);
    } catch (refused) {
      setFault(refused);
    }
    setIsBusy(false);
  };
  const value = { ...(profile as unknown as Fields), ...changed };
  return (
    <form className="stack" onSubmit={(event) => void save(event)}>
      <SchemaForm
        schema="ProfileChange"
        only={FIELDS}
        value={value}
        onChange={(now) =>
          setChanged(
            Object.fromEntries(
              FIELDS.filter((name) => now[name] !== profile[name as keyof Profile]).map((name) => [
                name,
                now[name] ?? null,
              ]),
            ),
          )
        }
      />
      {fault !== undefined && <ProblemMessage fault={fault} />}
      <div className="row">
        <Button tone="primary" type="submit" isBusy={isBusy} disabled={Object.keys(changed).length === 0}>
          {t.save}
        </Button>
      </div>
    </form>
  );
}

/** Without the lines that are empty. */
function cleaned(fields: Fields): Fields {
  const lines = (value: Fields[string] | undefined) =>
    Array.isArray(value) ? value.filter((line) => typeof line !== "string" || line.trim() !== "") : (value ?? null);
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, lines(value)]));
}
