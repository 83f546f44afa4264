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
  const begin = async (question: string) => {
    setIsBusy(true);
    try {
      onBegin((await hercules.createSession()).id, question);
      return true;
    } catch (fault) {
      toast.fault(fault);
      setIsBusy(false);
      return false;
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
      <Composer onAsk={begin} isBusy={isBusy} />
    </section>
  );
}
