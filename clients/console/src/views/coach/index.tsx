import "./coach.css";

import { go } from "../../app/route";
import type { ViewProps } from "../../app/views";
import { useText } from "../../i18n/language";
import { Conversation } from "./Conversation";
import { Conversations } from "./Conversations";
import { leaveFirstQuestion } from "./first_questions";
import { Start } from "./Start";
import { text } from "./text";

/** The list of conversations, and the one that is open. */
export default function CoachView({ rest: [id] }: ViewProps) {
  const t = useText(text);
  const begin = (id: string, question: string) => {
    leaveFirstQuestion(id, question);
    go("coach", id);
  };
  return (
    <div className="coach">
      <h1 className="sr-only">{t.title}</h1>
      <Conversations current={id} />
      {id ? <Conversation key={id} id={id} /> : <Start onBegin={begin} />}
    </div>
  );
}
