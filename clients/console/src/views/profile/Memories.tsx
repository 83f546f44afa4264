import type { Memory } from "@hercules/client";
import { useHercules } from "@hercules/client/react";
import { type FormEvent, useState } from "react";

import { Button } from "../../design/Button";
import { Card } from "../../design/Card";
import { Field } from "../../design/Field";
import { Loading } from "../../design/Loading";
import { ProblemMessage } from "../../design/ProblemMessage";
import { useToast } from "../../design/Toast";
import { useLoaded } from "../../design/useLoaded";
import { useText } from "../../i18n/language";
import { de } from "./de";
import { en } from "./en";

export function Memories() {
  const t = useText({ en, de });
  const { memories } = useHercules();
  const loaded = useLoaded(() => memories.list(), []);
  return (
    <Card title={t.memories}>
      <p className="faint small">{t.memoriesLead}</p>
      {loaded.fault !== undefined && <ProblemMessage fault={loaded.fault} onRetry={loaded.reload} />}
      {!loaded.value && loaded.fault === undefined && <Loading />}
      {loaded.value?.length === 0 && <p className="faint">{t.noMemories}</p>}
      <ul className="memories">
        {loaded.value?.map((memory) => (
          <Entry key={memory.id} memory={memory} onChange={loaded.reload} />
        ))}
      </ul>
    </Card>
  );
}

function Entry({ memory, onChange }: { memory: Memory; onChange(): void }) {
  const t = useText({ en, de });
  const { memories } = useHercules();
  const toast = useToast();
  const [isEdited, setIsEdited] = useState(false);
  const carryOut = async (job: Promise<unknown>, said: string) => {
    try {
      await job;
      toast.say(said);
      setIsEdited(false);
      onChange();
    } catch (fault) {
      toast.fault(fault);
    }
  };
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    void carryOut(memories.change(memory, String(new FormData(event.currentTarget).get("fact"))), t.saved);
  };
  if (isEdited) {
    return (
      <li>
        <form className="memory-form" onSubmit={submit}>
          <Field label={t.fact} name="fact" defaultValue={memory.fact} maxLength={300} required autoFocus />
          <div className="row">
            <Button tone="primary" type="submit">
              {t.save}
            </Button>
            <Button tone="quiet" onClick={() => setIsEdited(false)}>
              {t.cancel}
            </Button>
          </div>
        </form>
      </li>
    );
  }
  return (
    <li>
      <span>{memory.fact}</span>
      <Button tone="quiet" icon="edit" isIconOnly onClick={() => setIsEdited(true)}>
        {t.edit(memory.fact)}
      </Button>
      <Button tone="quiet" icon="trash" isIconOnly onClick={() => void carryOut(memories.delete(memory), t.removed)}>
        {t.remove(memory.fact)}
      </Button>
    </li>
  );
}
