// Prints what the official parser finds wrong with a document, and fails if that is anything.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [modules, path] = process.argv.slice(2);
const { Parser } = createRequire(`${modules}/`)("@asyncapi/parser");
const { document, diagnostics } = await new Parser().parse(readFileSync(path, "utf8"));
const wrong = diagnostics.filter(({ severity }) => severity <= 1);
for (const { severity, path: at, message } of wrong) console.log(severity ? "warning" : "error", at.join("."), message);
if (document) console.log(`${document.version()}: ${document.channels().all().length} channels`);
process.exit(document && wrong.length === 0 ? 0 : 1);
