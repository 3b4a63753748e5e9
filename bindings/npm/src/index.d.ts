// Types of the package. The decision is that of every face of Plimsoll.

/** Bytes, or text that is written as UTF-8. */
export type Bytes = string | ArrayBuffer | ArrayBufferView;

/** Bytes of `plimsoll.wasm`, a module of them, or an instance of {@link instance}. */
export type Wasm = Bytes | WebAssembly.Module | Instance;

export type Severity = "info" | "low" | "medium" | "high" | "critical";
export type Action = "audit" | "warn" | "deny";

/** What an engine is told. A key that is not known is an error. */
export interface Settings {
  /** Policies of these profiles; else those of the bundle's default profile. */
  profile?: string | string[];
  /** Just these policies, by id or name. */
  only?: string | string[];
  /** Not these policies. */
  skip?: string | string[];
  /** Parameters: of the bundle, or `policy.name`. */
  params?: Record<string, unknown>;
  /** Documents of `data` declarations. */
  data?: Record<string, unknown>;
  /** `now()`; else the clock when the engine is made. */
  now?: string | Date;
  /** `"1.34"` */
  k8s_version?: string;
  /** The least severity of findings. */
  severity?: Severity;
  /** Enforcement is that of admissions. */
  admission?: boolean;
  /** Findings carry evidence, if the bundle was compiled so. */
  evidence?: boolean;
  /** Limits of one evaluation. */
  limits?: { fuel?: number; global_fuel?: number; memory?: number; findings?: number };
}

export interface ObjectRef {
  apiVersion: string;
  kind: string;
  namespace: string | null;
  name: string;
}

/** A place in a text; lines and columns count from 1. */
export interface Position {
  line: number;
  column: number;
}

export interface PatchOperation {
  op: "add" | "remove" | "replace";
  path: string;
  value?: unknown;
}

export interface Finding {
  id: string;
  policy: string;
  bundle: string;
  use: string | null;
  title: string;
  severity: Severity;
  action: Action;
  message: string;
  object: ObjectRef | null;
  file: string;
  document: number;
  pointer: string;
  start: Position;
  end: Position;
  related: {
    file: string;
    document: number;
    object: ObjectRef;
    pointer: string;
    start: Position;
    end: Position;
    note: string;
  }[];
  evidence: {
    clause: string;
    reads: { expr: string; value: unknown; file: string | null; pointer: string | null; start: Position | null }[];
  }[];
  fix: {
    safe: boolean;
    title: string;
    edits: { file: string; document: number; patch: PatchOperation[] }[];
  } | null;
  refs: Record<string, string[]>;
  fingerprint: string;
}

export interface DecisionError {
  code: string;
  message: string;
  object: ObjectRef | null;
  file: string | null;
  document: number | null;
  pointer: string | null;
  start: Position | null;
  policy: string | null;
}

export interface Decision {
  version: 1;
  /** Nothing denies, and everything could be evaluated. */
  allowed: boolean;
  /** Findings of all actions. */
  findings: Finding[];
  errors: DecisionError[];
  skipped: { id: string; policy: string; object: ObjectRef | null; file: string | null; reason: string }[];
  suppressed: {
    finding: Finding;
    reason: string;
    by: "comment" | "annotation" | "exception" | "baseline";
    until: string | null;
  }[];
  /** Safe fixes, of admission requests. */
  patch: PatchOperation[];
  notes: DecisionError[];
}

export interface InputOptions {
  /** The `file` of findings. */
  name?: string;
  /** Of texts and bytes; else JSON where the name ends in `.json`, and YAML. */
  format?: "json" | "yaml";
}

export interface DecideOptions extends InputOptions {
  /** What else is in the cluster. */
  inventory?: Inventory;
}

/** A Kubernetes object, a list of them, an admission request, or any other value that has a JSON form. */
export type Input = Bytes | object;

interface Disposable {
  /** Gives back what it holds in the module. Else that happens when it is collected. */
  dispose(): void;
}

/** Policies with all that they are told. */
export class Engine implements Disposable {
  private constructor();
  /** Makes an engine of compiled bundles. Throws a {@link PlimsollError} if they or the settings are refused. */
  static load(bundles: Bytes | Bytes[], settings?: Settings, options?: { wasm?: Wasm }): Promise<Engine>;
  evaluator(): Evaluator;
  inventory(): Inventory;
  /** Judges an input. An input that is refused gives a decision that does not allow, with the reason in `errors`. */
  decide(input: Input, options?: DecideOptions): Decision;
  /** The same as the text of the decision. */
  decideText(input: Input, options?: DecideOptions): string;
  /** Judges what the policies on the cluster look at. */
  decideCluster(inventory: Inventory): Decision;
  dispose(): void;
}

/** The scratch of evaluations. An engine has one of its own. */
export class Evaluator implements Disposable {
  private constructor();
  decide(input: Input, options?: DecideOptions): Decision;
  decideText(input: Input, options?: DecideOptions): string;
  decideCluster(inventory: Inventory): Decision;
  dispose(): void;
}

/** The objects that policies may join with. */
export class Inventory implements Disposable {
  private constructor();
  /** Adds objects in the place of those of the same identities. Throws if they can't be read. */
  insert(input: Input, options?: InputOptions): this;
  /** Puts objects in the place of all. */
  replaceAll(inputs: object[] | Bytes, options?: InputOptions): this;
  /** Takes out an object; true if it was there. */
  remove(identity: { group?: string; kind: string; namespace?: string | null; name: string }): boolean;
  /** Says that every object of every kind is in. */
  complete(): this;
  readonly size: number;
  dispose(): void;
}

export interface Diagnostic {
  code: string;
  level: "error" | "warning";
  title: string;
  file?: string | null;
  start?: Position & { offset: number };
  end?: Position & { offset: number };
  labels: {
    text: string;
    file: string | null;
    start: Position & { offset: number };
    end: Position & { offset: number };
  }[];
  help: string[];
  notes: string[];
}

export interface Compiled {
  /** What {@link Engine.load} takes; the same as a `.plb` file. */
  bundle: Uint8Array;
  /** Lints. */
  diagnostics: Diagnostic[];
  /** The same for people. */
  text: string;
}

/**
 * Compiles policies: texts by their paths. The text of `plimsoll.toml` is the configuration of the bundle. Throws a
 * {@link PlimsollError} with all diagnostics if they are wrong.
 */
export function compile(files: Record<string, string>, options?: { name?: string; wasm?: Wasm }): Promise<Compiled>;

/** Compiles the built-in policies. */
export function compileBuiltin(options?: { wasm?: Wasm }): Promise<Compiled>;

/** The version of Plimsoll. */
export function version(options?: { wasm?: Wasm }): Promise<string>;

/** An instance of a module with a memory of its own. */
export interface Instance {
  /** Bytes of its memory. */
  readonly memory: number;
  /** A trap has ended it. */
  readonly broken: boolean;
}

/** Makes an instance beside the one that all engines share. */
export function instance(source: Bytes | WebAssembly.Module): Promise<Instance>;

/** What went wrong. */
export class PlimsollError extends Error {
  /** A stable code of Plimsoll (`E0601`), or `HANDLE`, `MEMORY`, `ARGUMENT`, `REFUSED`, `BROKEN`, `ABI`. */
  readonly code: string;
  /** Of policies that do not compile. */
  readonly diagnostics: Diagnostic[];
}
