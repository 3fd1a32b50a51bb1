/** Bundles the participant's page and the explorer's script into dist/; prints how much of the former is ours and how much is jsPsych. */
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const OWN_LIMIT = 60_000;

const options = { bundle: true, minify: true, format: "iife", target: "es2022", logLevel: "warning", legalComments: "none" };

/** Gzipped size of the bundle in bytes, with the packages named in `external` left out. */
async function gzippedSize(entry, external) {
  const { outputFiles } = await build({ ...options, ...entry, format: "esm", external, write: false });
  return gzipSync(outputFiles[0].contents).length;
}

await build({ ...options, entryPoints: ["src/participant.ts"], outfile: "dist/participant.js", sourcemap: true });
await build({ ...options, entryPoints: ["src/explorer.ts"], outfile: "dist/explorer.js", sourcemap: true });

const own = await gzippedSize({ entryPoints: ["src/participant.ts"] }, ["jspsych"]);
const engine = await gzippedSize({ stdin: { contents: 'export { initJsPsych } from "jspsych"', resolveDir: "." } }, []);
console.log(`participant.js, gzipped: ours ${(own / 1000).toFixed(1)} kB, jsPsych ${(engine / 1000).toFixed(1)} kB`);
if (own > OWN_LIMIT) {
  console.error(`our own code exceeds ${OWN_LIMIT / 1000} kB`);
  process.exitCode = 1;
}
