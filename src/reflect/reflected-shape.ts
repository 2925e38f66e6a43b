/** Checks that a value read from disk is a reflected module. */
import type { ReflectedMethod, ReflectedModule, ReflectedService } from '../spec/reflected.ts';

/** Whether a value has the shape of a {@link ReflectedModule}; its schemas are taken as they are. */
export function isReflectedModule(value: unknown): value is ReflectedModule {
  return (
    isObject(value) &&
    typeof value.file === 'string' &&
    isListOf(value.services, isService) &&
    isListOf(value.warnings, isText)
  );
}

function isService(value: unknown): value is ReflectedService {
  return (
    isObject(value) &&
    typeof value.className === 'string' &&
    isOptionalText(value.exportName) &&
    isOptionalText(value.description) &&
    isListOf(value.methods, isMethod) &&
    isSource(value.source)
  );
}

function isMethod(value: unknown): value is ReflectedMethod {
  return (
    isObject(value) &&
    typeof value.name === 'string' &&
    (value.kind === 'unary' || value.kind === 'stream' || value.kind === 'response') &&
    typeof value.isAsync === 'boolean' &&
    isOptionalText(value.description) &&
    typeof value.takesBody === 'boolean' &&
    isListOf(value.parameters, isParameter) &&
    typeof value.takesContext === 'boolean' &&
    isOptionalBoolean(value.takesBatchContext) &&
    isOptionalBoolean(value.givesChunks) &&
    isObject(value.input) &&
    isObject(value.output) &&
    isSource(value.source)
  );
}

function isParameter(value: unknown): boolean {
  return (
    isObject(value) &&
    typeof value.name === 'string' &&
    typeof value.isRequired === 'boolean' &&
    (value.from === undefined || isSchemaSource(value.from))
  );
}

function isSchemaSource(value: unknown): boolean {
  return (
    isObject(value) &&
    typeof value.file === 'string' &&
    isListOf(value.path, (step) => typeof step === 'string') &&
    (value.gives === 'input' || value.gives === 'output')
  );
}

function isSource(value: unknown): boolean {
  return (
    isObject(value) &&
    typeof value.file === 'string' &&
    typeof value.line === 'number' &&
    typeof value.column === 'number'
  );
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isOptionalText(value: unknown): boolean {
  return value === undefined || typeof value === 'string';
}

function isOptionalBoolean(value: unknown): boolean {
  return value === undefined || typeof value === 'boolean';
}

function isListOf(value: unknown, isItem: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isItem);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
