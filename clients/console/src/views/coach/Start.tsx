import { useHercules } from "@hercules/client/react";
import { useState } from "react";

import { useToast } from "../../design/Toast";
import { useText } from "../../i18n/language";
import { Composer } from "./Composer";
import { text } from "./text";

/** Before the first question: the conversation is made with it. */
export function Start({ onBegin }: { onBegin(id: string, question: string): void }) {
  const t = useText(text);
  const hercules = useHercules();
  const toast = useToast();
  const [isBusy, setIsBusy] = useState(false);
  const [refused, setRefused] = useState<string>();
  const begin = async (question: string) => {
    setIsBusy(true);
    setRefused(undefined);
    try {
      onBegin((await hercules.createSession()).id, question);
    } catch (fault) {
      toast.fault(fault);
      setRefused(question);
      setIsBusy(false);
    }
  };
  return (
    <section className="conversation">
      <div className="coach-start">
        <h2>{t.welcome}</h2>
        <p className="faint">{t.welcomeLead}</p>
        <div className="coach-suggestions">
          {t.suggestions.map((suggestion) => (
            <button key={suggestion} disabled={isBusy} onClick={() => void begin(suggestion)}>
              {suggestion}
            </button>
          ))}
        </div>
      </div>
      <Composer onAsk={(question) => void begin(question)} refused={refused} isBusy={isBusy} />
    </section>
  );
}
