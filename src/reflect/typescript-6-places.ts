/** Says where a syntax node stands, whose file it is in, which comment belongs to it. */
import ts from 'typescript';
import type { SourceLocation } from '../spec/service-spec.ts';
import type { Comment, SourceRange } from './compiler.ts';

/** What the readers of one program ask about its files. */
export interface Places {
  locate(node: ts.Node): SourceLocation;
  rangeOf(node: ts.Node): SourceRange;
  locateOffset(file: ts.SourceFile, offset: number): SourceLocation;
  /** Whether the author wrote the file. */
  isOwn(file: ts.SourceFile): boolean;
  /** Whether the file declares the language or the platform. */
  isLibrary(file: ts.SourceFile): boolean;
  commentOf(node: ts.Node): Comment | undefined;
}

/** @param ownPackage whether a file belongs to bentots itself, linked into the author's folder. */
export function createPlaces(program: ts.Program, ownPackage: (file: string) => boolean): Places {
  const places: Places = {
    isLibrary(file) {
      return (
        program.isSourceFileDefaultLibrary(file) || /\/node_modules\/(@types\/node|undici-types)\//.test(file.fileName)
      );
    },
    isOwn(file) {
      return !places.isLibrary(file) && !file.fileName.includes('/node_modules/') && !ownPackage(file.fileName);
    },
    locate(node) {
      return places.locateOffset(node.getSourceFile(), node.getStart());
    },
    rangeOf(node) {
      return { ...places.locate(node), length: node.getEnd() - node.getStart() };
    },
    locateOffset(file, offset) {
      const { line, character } = file.getLineAndCharacterOfPosition(offset);
      return { file: file.fileName, line: line + 1, column: character + 1 };
    },
    commentOf(node) {
      const file = node.getSourceFile();
      const range = findComment(node, file);
      if (!range) return undefined;
      return {
        text: file.text.slice(range.pos, range.end),
        location: places.locateOffset(file, range.pos),
        isOwn: places.isOwn(file),
      };
    },
  };
  return places;
}

function findComment(node: ts.Node, file: ts.SourceFile): ts.TextRange | undefined {
  const attached = ts.getJSDocCommentsAndTags(node).findLast((one) => ts.isJSDoc(one) && belongsTo(one, node));
  if (attached) return attached;
  // In `{ /** … */ name: string }` the compiler gives the comment to the brace.
  const before = ts.getTrailingCommentRanges(file.text, node.pos)?.at(-1);
  const isOnLine = before && !file.text.slice(before.end, node.getStart()).includes('\n');
  return isOnLine && file.text.startsWith('/**', before.pos) ? before : undefined;
}

/** A parameter is also given the comment of its method. */
function belongsTo(comment: ts.JSDoc | ts.JSDocTag, node: ts.Node): boolean {
  return !ts.isParameter(node) || comment.parent === node;
}
