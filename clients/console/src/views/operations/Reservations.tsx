import type { Schemas } from "../../app/schemas";
import { Card } from "../../design/Card";
import { Table } from "../../design/Table";
import { useFormat } from "../../i18n/format";
import { useText } from "../../i18n/language";
import { de } from "./de";
import { en } from "./en";

/** What was held back of a week, and what of it was used. */
export function Reservations({ of }: { of: readonly Schemas["Reserved"][] }) {
  const t = useText({ en, de });
  const format = useFormat();
  const number = (value: number | null) => (value === null ? "–" : format.number(value, 0));
  const dollars = (value: number | null) => (value === null ? "–" : format.dollars(value));
  return (
    <Card title={t.reserved}>
      <Table
        caption={t.reserved}
        keyOf={(_, at) => at}
        rows={of}
        columns={[
          { title: t.status, cell: (one) => <code>{one.status}</code> },
          { title: `${t.reserved}: ${t.tokens}`, isNumber: true, cell: (one) => number(one.tokens_reserved) },
          { title: `${t.usedOf}: ${t.tokens}`, isNumber: true, cell: (one) => number(one.tokens_used) },
          { title: `${t.reserved}: ${t.cost}`, isNumber: true, cell: (one) => dollars(one.cost_reserved) },
          { title: `${t.usedOf}: ${t.cost}`, isNumber: true, cell: (one) => dollars(one.cost_used) },
          { title: t.why, cell: (one) => (one.charged ? t.charged : t.notCharged) },
        ]}
      />
    </Card>
  );
}
