/** What the TypeScript compiler itself says of values and types: one program for many questions. */
import ts from 'typescript';

/** Whether a value of one type may stand where another is wanted. */
export interface Question {
  /** Above the line of the question, once for each list. */
  readonly declarations: readonly string[];
  /** As in `type T = …`. */
  readonly wanted: string;
  /** Exact types of values. */
  readonly given: readonly string[];
}

/** For each value of a question what TypeScript says against it; `undefined` where it says nothing. */
export type Answer = readonly (string | undefined)[];

const common: ts.CompilerOptions = {
  strict: true,
  strictPropertyInitialization: false, // of data classes only the shape counts
  noEmit: true,
  target: ts.ScriptTarget.ES2022,
  lib: ['lib.es2022.d.ts'],
  types: [],
  skipLibCheck: true,
};
const fileName = '/questions.ts';

/**
 * In a question every object type and every object carries the mark `$`, so that a text or an array, which has
 * properties in JavaScript but none in JSON, is no object. With it no object type is weak: TypeScript refuses
 * `{ b: 1 }` for `{ a?: 1 }` as a probable slip, though it fits. `$numbered` marks the objects without a key that is
 * no number. The marks are of the type `never`, which fits every index signature.
 */
const prelude =
  'interface Marked { $: never } interface Numbered extends Marked { $numbered: never } interface URL { href: string }';

/** An object from JSON inherits nothing: without this `{}` is no `{ toString?: string }`. */
function withoutInherited(text: string): string {
  return text.replace(/^interface Object \{.*?^\}/ms, 'interface Object {}');
}

/**
 * Makes a compiler that reads the language's own declarations only once.
 * @param isJson whether values are what JSON says: without inherited properties, and without `undefined`.
 */
export function createCompiler(isJson: boolean): (questions: readonly Question[]) => readonly Answer[] {
  const options = { ...common, exactOptionalPropertyTypes: isJson };
  const host = ts.createCompilerHost(options);
  const library = new Map<string, ts.SourceFile | undefined>();
  const readFile = host.readFile;
  host.readFile = (name) => {
    const read = readFile(name);
    return read && isJson ? withoutInherited(read) : read;
  };
  const readLibrary = host.getSourceFile;
  let text = '';
  host.getSourceFile = (name, languageVersion, ...rest) => {
    if (name === fileName) return ts.createSourceFile(name, text, languageVersion);
    if (!library.has(name)) library.set(name, readLibrary(name, languageVersion, ...rest));
    return library.get(name);
  };
  return (questions) => {
    const lines = [prelude];
    const asked = questions.map(({ declarations, wanted, given }, at) => {
      lines.push(...declarations, `type T${at} = ${wanted};`);
      return given.map((exact) => {
        const line = lines.length;
        lines.push(`declare let v${line}: ${exact}; export const c${line}: T${at} = v${line};`);
        return line;
      });
    });
    text = lines.join('\n');
    const complaints = diagnose(ts.createProgram([fileName], options, host), lines);
    return asked.map((own) => own.map((line) => complaints.get(line)));
  };
}

const isQuestion = /^declare let /;

function diagnose(program: ts.Program, lines: readonly string[]): Map<number, string> {
  const source = program.getSourceFile(fileName);
  const found = new Map<number, string>();
  const say = ({ start, messageText }: ts.Diagnostic) => ({
    line: source?.getLineAndCharacterOfPosition(start ?? 0).line ?? 0,
    message: ts.flattenDiagnosticMessageText(messageText, '\n'),
  });
  const slips = program.getSyntacticDiagnostics(source).map(say);
  for (const { line, message } of program.getSemanticDiagnostics(source).map(say)) {
    if (isQuestion.test(lines[line] ?? '')) found.set(line, message);
    else slips.push({ line, message });
  }
  for (const { line, message } of slips) throw new Error(`no question: ${lines[line]}\n${message}`);
  return found;
}
