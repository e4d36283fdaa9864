// Copies the site and the pjax script to the built folder: plain HTML needs no generator, only `matcha seal`.
import { cpSync, rmSync } from "node:fs";

const built = new URL("../../target/examples/plain/", import.meta.url);
rmSync(built, { recursive: true, force: true });
cpSync(new URL("site/", import.meta.url), built, { recursive: true });
cpSync(new URL("node_modules/pjax/pjax.min.js", import.meta.url), new URL("pjax/pjax.min.js", built));
