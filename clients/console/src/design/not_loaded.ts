/** Whether a part of the console's own files did not come: without a network, or since others have taken their place. */
export function isNotLoaded(fault: unknown): boolean {
  return fault instanceof Error && /dynamically imported module|module script|preload/i.test(fault.message);
}
