import { readFile } from "node:fs/promises";
import { dirname, extname } from "node:path";
import { pathToFileURL } from "node:url";
import {
  build,
  stop,
  type Message,
  type OnLoadArgs,
  type OnLoadResult,
  type OnResolveArgs,
  type OnResolveResult,
  type Plugin,
} from "esbuild";

/** A config as one JavaScript module, or the first thing that is wrong with one of its files. */
export type BundledConfig =
  /** The text of the module. Packages that it imports stand in it as the URLs of their files; `packages` tells the names of these. */
  { readonly code: string; readonly packages: ReadonlyMap<string, string> } | { readonly problem: Message };

/** Compilations that the service works at. */
let underWay = 0;

/**
 * Compiles a TypeScript config and the files that it imports by path.
 *
 * Packages stay outside, and Node imports them: so a config shares `hydrograph` with the command that loads it, where a loader of TypeScript loads it a second time (0.7 s).
 * They are found here and not by Node, so that the module may lie anywhere.
 */
export async function bundleConfig(file: string): Promise<BundledConfig> {
  underWay += 1;
  const packages = new Map<string, string>();
  try {
    const { outputFiles } = await build({
      entryPoints: [file],
      bundle: true,
      write: false,
      outdir: dirname(file),
      absWorkingDir: dirname(file),
      format: "esm",
      platform: "node",
      target: "node20",
      // Node's own only: esbuild would add "module", and with it a second instance of a package.
      conditions: [],
      // Without the tsconfig, whose `paths` could point "hydrograph" at sources: the package itself is what a config imports.
      tsconfigRaw: "{}",
      define: { "import.meta": META },
      // For the lines in an error's stack.
      sourcemap: "inline",
      sourceRoot: pathToFileURL(`${dirname(file)}/`).href,
      sourcesContent: false,
      logLevel: "silent",
      plugins: [packagesOutside(packages), ownPlaces],
    });
    return { code: outputFiles[0]?.text ?? "", packages };
  } catch (error) {
    const problem = (error as { errors?: readonly Message[] }).errors?.[0];
    if (problem === undefined) throw error;
    return { problem };
  } finally {
    underWay -= 1;
    // Its service would stay for as long as this process does; with it every other compilation ends, and never answers.
    if (underWay === 0) await stop();
  }
}

/** Writes the URL of its file in the place of a package's name. Node's own modules keep theirs. */
function packagesOutside(packages: Map<string, string>): Plugin {
  return {
    name: "packages stay outside",
    setup: (esbuild) => {
      esbuild.onResolve({ filter: /^[^./#]/ }, async (asked: OnResolveArgs): Promise<OnResolveResult | undefined> => {
        if (asked.kind === "entry-point" || asked.pluginData === OWN_QUESTION) return undefined;
        const { importer, kind, namespace, path, resolveDir } = asked;
        const found = await esbuild.resolve(path, { importer, kind, namespace, resolveDir, pluginData: OWN_QUESTION });
        if (found.errors.length > 0 || found.external) return { errors: found.errors, external: found.external, path: found.path };
        const url = pathToFileURL(found.path).href;
        packages.set(url, path);
        return { path: url, external: true };
      });
    },
  };
}

/** Marks what the plugin itself asks esbuild, which asks the plugin again. */
const OWN_QUESTION = "own question";

const META = "hydrographMeta";

/** Tells a file its own place, as a bundle has only one. */
const ownPlaces: Plugin = {
  name: "own places",
  setup: (esbuild) => {
    esbuild.onLoad({ filter: /\.[cm]?[jt]s$/ }, async ({ path }: OnLoadArgs): Promise<OnLoadResult | undefined> => {
      const text = await readFile(path, "utf8");
      if (!/import\.meta|__filename|__dirname|\brequire\b/.test(text)) return undefined;
      const [url, filename, directory] = [pathToFileURL(path).href, path, dirname(path)].map((place) => JSON.stringify(place));
      // On the first line, so that the others keep their numbers.
      const place =
        `const ${META} = { url: ${url}, filename: ${filename}, dirname: ${directory} }, __filename = ${filename}, __dirname = ${directory}, ` +
        `require = process.getBuiltinModule("node:module").createRequire(${url}); `;
      return { contents: place + text, loader: extname(path).endsWith("ts") ? "ts" : "js" };
    });
  },
};
