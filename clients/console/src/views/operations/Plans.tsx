import { useHercules } from "@hercules/client/react";
import { type FormEvent, useState } from "react";

import { bodyOf } from "../../app/body";
import { go } from "../../app/route";
import type { Schemas } from "../../app/schemas";
import { Button } from "../../design/Button";
import { Card } from "../../design/Card";
import { Field, SelectField } from "../../design/Field";
import { Meter } from "../../design/Meter";
import { Table } from "../../design/Table";
import { useToast } from "../../design/Toast";
import { type Loaded, useLoaded } from "../../design/useLoaded";
import { useFormat } from "../../i18n/format";
import { useText } from "../../i18n/language";
import { de } from "./de";
import { en } from "./en";
import { Shown } from "./Shown";

type UsagePlan = Schemas["Plan"];
const ID = "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}";

/** The plans, and which one a user is on. */
export function Plans({ user }: { user: string | undefined }) {
  const t = useText({ en, de });
  const { api } = useHercules();
  const plans = useLoaded(() => bodyOf(api.GET("/v1/operations/plans")), []);
  const look = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    go("operations", "plans", String(new FormData(event.currentTarget).get("user")).trim());
  };
  return (
    <div className="stack">
      <Shown of={plans}>{({ items }) => <PlanTable plans={items} />}</Shown>
      <Card title={t.userPlan}>
        <form className="operations-form" onSubmit={look}>
          <Field label={t.user} name="user" required pattern={ID} title={t.badUser} defaultValue={user} />
          <Button type="submit" icon="search">
            {t.lookUp}
          </Button>
        </form>
        {user && <OneUser key={user} user={user} plans={plans.value?.items ?? []} onChange={plans.reload} />}
      </Card>
    </div>
  );
}

function PlanTable({ plans }: { plans: readonly UsagePlan[] }) {
  const t = useText({ en, de });
  const format = useFormat();
  return (
    <Table
      caption={t.weekly}
      keyOf={(one) => one.id}
      rows={plans}
      columns={[
        { title: t.plan, cell: (one) => one.id },
        { title: t.messages, isNumber: true, cell: (one) => format.number(one.weekly_messages, 0) },
        { title: t.tokens, isNumber: true, cell: (one) => format.number(one.weekly_tokens, 0) },
        { title: t.cost, isNumber: true, cell: (one) => format.dollars(one.weekly_cost) },
        { title: t.users, isNumber: true, cell: (one) => one.users ?? t.allOthers },
      ]}
    />
  );
}

interface OneUserProps {
  user: string;
  plans: readonly UsagePlan[];
  onChange(): void;
}

function OneUser({ user, plans, onChange }: OneUserProps) {
  const { api } = useHercules();
  const params = { path: { user_id: user } };
  const found = useLoaded(() => bodyOf(api.GET("/v1/operations/users/{user_id}/plan", { params })), []);
  return <Shown of={found}>{(of) => <UserPlan of={of} plans={plans} loaded={found} onChange={onChange} />}</Shown>;
}

function UserPlan(props: {
  of: Schemas["UserPlan"];
  plans: readonly UsagePlan[];
  loaded: Loaded<Schemas["UserPlan"]>;
  onChange(): void;
}) {
  const { of, plans, loaded, onChange } = props;
  const t = useText({ en, de });
  const format = useFormat();
  const { api } = useHercules();
  const toast = useToast();
  const [plan, setPlan] = useState(of.plan);
  const { usage } = of;
  const number = (value: number) => format.number(value, 0);
  const change = async () => {
    try {
      const params = { path: { user_id: of.user_id } };
      loaded.set(await bodyOf(api.PATCH("/v1/operations/users/{user_id}/plan", { params, body: { plan } })));
      toast.say(t.changed);
      onChange();
    } catch (fault) {
      toast.fault(fault);
    }
  };
  return (
    <div className="stack">
      <Meter
        label={`${t.used}: ${t.messages}`}
        value={usage.messages_used}
        max={usage.messages_limit}
        text={t.of(number(usage.messages_used), number(usage.messages_limit))}
      />
      <Meter
        label={`${t.used}: ${t.cost}`}
        value={usage.cost_used}
        max={usage.cost_limit}
        text={t.of(format.dollars(usage.cost_used), format.dollars(usage.cost_limit))}
      />
      <div className="operations-form">
        <SelectField label={t.plan} value={plan} options={plans.map((one) => [one.id, one.id])} onChange={setPlan} />
        <Button tone="primary" disabled={plan === of.plan} onClick={() => void change()}>
          {t.change}
        </Button>
      </div>
    </div>
  );
}
