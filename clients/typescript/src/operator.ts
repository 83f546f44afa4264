/** What operators do besides: `new Operations(hercules)`, `new Knowledge(hercules)`. */
export { type Document, DOCUMENT_TYPES, Knowledge, type Uploaded } from "./knowledge.js";
export { Operations, type Paged, type Period } from "./operations.js";
