import type { Hercules, RoomState } from "@hercules/client";

/** Have agents write a guide from a file, answer what they ask, and return what they wrote. */
export async function guide(hercules: Hercules, log: Blob, show: (state: RoomState) => void): Promise<Uint8Array[]> {
  const file = await hercules.files.upload({ name: "log.csv", content: log });
  const room = await hercules.createRoom("Write a guide for my race. Ask me which race I am training for.", {
    input_file_ids: [file],
  });
  for await (const state of room.watch()) {
    show(state);
    for (const question of state.questions) await room.answer("A 10 km race", question.id);
  }
  const { files } = room.state.getSnapshot();
  return Promise.all(files.map(({ id }) => room.download(id)));
}
