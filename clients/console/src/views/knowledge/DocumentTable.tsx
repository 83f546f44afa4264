import { useHercules } from "@hercules/client/react";
import { useState } from "react";

import { href } from "../../app/route";
import type { Schemas } from "../../app/schemas";
import { Button } from "../../design/Button";
import { Dialog } from "../../design/Dialog";
import { Table } from "../../design/Table";
import { useToast } from "../../design/Toast";
import { useFormat } from "../../i18n/format";
import { useText } from "../../i18n/language";
import { de } from "./de";
import { en } from "./en";
import { isStale } from "./review";
import { State } from "./State";
import { Warnings } from "./Warnings";

type Document = Schemas["ListedDocument"];

export function DocumentTable({ documents, onChange }: { documents: readonly Document[]; onChange(): void }) {
  const t = useText({ en, de });
  const format = useFormat();
  const [asked, setAsked] = useState<Document>();
  return (
    <>
      <Table
        caption={t.tabs.documents}
        keyOf={(one) => one.id}
        rows={documents}
        columns={[
          { title: t.document, cell: (one) => <Name document={one} /> },
          { title: t.state, cell: (one) => <DocumentState document={one} /> },
          { title: t.chunks, isNumber: true, cell: (one) => format.number(one.chunk_count, 0) },
          { title: t.version, isNumber: true, cell: (one) => one.version },
          { title: t.reviewed, cell: (one) => <Reviewed document={one} /> },
          { title: t.changed, cell: (one) => format.relative(one.updated_at) },
          {
            title: t.actions,
            cell: (one) =>
              one.status !== "deleted" && (
                <Button tone="quiet" icon="trash" isIconOnly onClick={() => setAsked(one)}>
                  {`${t.remove}: ${one.source}`}
                </Button>
              ),
          },
        ]}
      />
      {asked && <Remove document={asked} onClose={() => setAsked(undefined)} onChange={onChange} />}
    </>
  );
}

function Name({ document }: { document: Document }) {
  const { source, title, chunk_count } = document;
  return (
    <div className="document-name">
      {chunk_count > 0 ? <a href={href("knowledge", "documents", document.id, source)}>{title}</a> : title}
      {title !== source && <span className="faint small">{source}</span>}
      <Warnings warnings={document.warnings} />
      <Questions questions={document.questions} />
    </div>
  );
}

/** Which its front matter says that it answers. */
function Questions({ questions }: { questions: readonly string[] }) {
  const t = useText({ en, de });
  return questions.length === 0 ? null : (
    <details className="small">
      <summary className="faint">{t.answersQuestions(questions.length)}</summary>
      <ul>
        {questions.map((question) => (
          <li key={question}>{question}</li>
        ))}
      </ul>
    </details>
  );
}

function DocumentState({ document }: { document: Document }) {
  const t = useText({ en, de });
  const { status, is_worked_on, error } = document;
  if (status === "deleted") {
    return <span className="badge">{t.statuses.deleted}</span>;
  }
  return (
    <div className="document-name">
      <span>
        <State state={status === "pending" ? (is_worked_on ? "reading" : "queued") : status} />
      </span>
      {error && <span className="small">{error.message}</span>}
    </div>
  );
}

function Reviewed({ document }: { document: Document }) {
  const t = useText({ en, de });
  const format = useFormat();
  const { reviewed_on, reviewed_by } = document;
  return (
    <div className="document-name">
      {reviewed_on ? <span title={reviewed_by ?? undefined}>{format.date(reviewed_on)}</span> : t.never}
      {reviewed_on && isStale(reviewed_on) && (
        <span>
          <span className="badge wants">{t.stale}</span>
        </span>
      )}
    </div>
  );
}

function Remove({ document, onClose, onChange }: { document: Document; onClose(): void; onChange(): void }) {
  const t = useText({ en, de });
  const { api } = useHercules();
  const toast = useToast();
  const remove = async () => {
    try {
      await api.DELETE("/v1/knowledge/documents/{source_id}", { params: { path: { source_id: document.id } } });
      toast.say(t.removed);
      onChange();
    } catch (fault) {
      toast.fault(fault);
    }
    onClose();
  };
  return (
    <Dialog title={t.removeSure(document.source)} onClose={onClose}>
      <div className="row">
        <Button tone="danger" onClick={() => void remove()}>
          {t.remove}
        </Button>
        <Button onClick={onClose}>{t.cancel}</Button>
      </div>
    </Dialog>
  );
}
