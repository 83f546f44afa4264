import { useChat } from "@ai-sdk/react";
import { HerculesChatTransport, textOf } from "@hercules/client/ai-sdk";
import { useHercules } from "@hercules/client/react";
import { lastAssistantMessageIsCompleteWithApprovalResponses } from "ai";
import { useState } from "react";

export function Chat({ sessionId }: { sessionId: string }) {
  const hercules = useHercules();
  const [transport] = useState(() => new HerculesChatTransport(hercules));
  const { messages, sendMessage, status, stop, addToolApprovalResponse } = useChat({
    id: sessionId,
    transport,
    sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithApprovalResponses,
  });
  const [question, setQuestion] = useState("");
  return (
    <main>
      {messages.map((message) => (
        <article key={message.id} aria-label={message.role}>
          <p>{textOf(message)}</p>
          {message.parts.map((part) =>
            part.type === "dynamic-tool" && part.state === "approval-requested" ? (
              <button
                key={part.approval.id}
                onClick={() => addToolApprovalResponse({ id: part.approval.id, approved: true })}
              >
                Approve {part.toolName}
              </button>
            ) : null,
          )}
        </article>
      ))}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void sendMessage({ text: question });
          setQuestion("");
        }}
      >
        <input aria-label="Question" value={question} onChange={(event) => setQuestion(event.target.value)} />
        {status === "ready" ? (
          <button>Ask</button>
        ) : (
          <button type="button" onClick={stop}>
            Stop
          </button>
        )}
      </form>
    </main>
  );
}
