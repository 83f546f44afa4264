import { useHercules } from "@hercules/client/react";
import { type ReactNode, useDeferredValue, useState } from "react";

import { bodyOf } from "../../app/body";
import { href } from "../../app/route";
import { ProblemMessage } from "../../design/ProblemMessage";
import { useLoaded } from "../../design/useLoaded";
import { useText } from "../../i18n/language";
import { text } from "./text";

const SHORTEST = 2; // letters, as the API takes them

/** Words to search for; without any, the children. */
export function Search({ onChoose, children }: { onChoose?: () => void; children: ReactNode }) {
  const t = useText(text);
  const [words, setWords] = useState("");
  const wanted = useDeferredValue(words.trim());
  return (
    <>
      <input
        type="search"
        aria-label={t.search}
        placeholder={t.search}
        maxLength={200}
        value={words}
        onChange={({ target }) => setWords(target.value)}
      />
      {wanted.length >= SHORTEST ? <Found key={wanted} words={wanted} onChoose={onChoose} /> : children}
    </>
  );
}

const TYPED = 300; // milliseconds without a letter

function Found({ words, onChoose }: { words: string; onChoose?: () => void }) {
  const t = useText(text);
  const { api } = useHercules();
  const { value, fault } = useLoaded(async () => {
    await new Promise((resolve) => setTimeout(resolve, TYPED));
    return bodyOf(api.GET("/v1/chat/search", { params: { query: { words } } }));
  }, [words]);
  if (fault !== undefined) {
    return <ProblemMessage fault={fault} />;
  }
  return (
    <>
      <p className="faint small" role="status">
        {value && t.found(value.items.length)}
      </p>
      <ul className="session-list">
        {value?.items.map((found) => (
          <li key={found.message_id}>
            <a href={href("coach", found.session_id)} onClick={onChoose}>
              <span className="session-title">{found.session_title || t.untitled}</span>
              <span className="faint small">{found.excerpt}</span>
            </a>
          </li>
        ))}
      </ul>
    </>
  );
}
