/** Questions with which conversations were opened, until the conversation is shown and asks them: once. */
const waiting = new Map<string, string>();

export function leaveFirstQuestion(id: string, question: string): void {
  waiting.set(id, question);
}

export function takeFirstQuestion(id: string): string | undefined {
  const question = waiting.get(id);
  waiting.delete(id);
  return question;
}
