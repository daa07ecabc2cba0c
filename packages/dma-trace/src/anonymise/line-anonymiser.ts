// SPDX-License-Identifier: GPL-2.0-only
// One line of a capture with other names and addresses. Each result is read again: what would say something else, or is not
// known, becomes a line without content, so that all lines keep their numbers.

import type { EventHead } from '../event-head';
import type { KernelLog, OtherEvent } from '../events';
import { bpftrace } from '../formats/bpftrace';
import { FormatDetector } from '../formats/detect';
import type { Format } from '../formats/format';
import { LineParser, type Parsed } from '../parse-line';
import { endsEarly } from '../ends-early';
import { iommuWords } from '../iommu-names';
import { Scanner } from '../scanner';
import { saysTheSame } from './expected';
import { plainComment } from './comments';
import type { Renaming } from './renaming';
import { rewriteBody } from './rewrite-body';
import { rewriteHead } from './rewrite-head';
import { MessageRewriter } from './rewrite-message';
import { logPrefix, programPrefix } from './log-prefix';

/** What became of the lines of one file. */
export interface LineFigures {
  lines: number;
  /** Events whose task, device or addresses were replaced. */
  rewritten: number;
  /** Events of which only task, time and name are left: figures use no more of them. */
  emptied: number;
  /** Lines of the kernel log; `emptied` of these are about something else than DMA. */
  logLines: number;
  logLinesEmptied: number;
  /** Comments, headers, callchains and lines of other programs that were left out. */
  comments: number;
  /** Lines that this reader does not understand: they still are such, without their text. */
  notUnderstood: number;
  /** Events that could not be rewritten so that they say the same: they are lines that are not understood now. */
  failed: number;
}

const NOT_UNDERSTOOD = '(not understood)';
const COMMENT = '#';
/** Of those that end early only the first few are told from others. */
const MOST_LOOKED_AT = 3;
const PERF_RECORD = /^PERF_RECORD_\w+/;
const PERF_LOST = /^PERF_RECORD_LOST(?:_SAMPLES)? +lost \d+/;

interface Columns {
  readonly head: EventHead;
  readonly format: Format;
  /** Where the event begins. */
  readonly end: number;
}

export class LineAnonymiser {
  readonly figures: LineFigures = {
    lines: 0,
    rewritten: 0,
    emptied: 0,
    logLines: 0,
    logLinesEmptied: 0,
    comments: 0,
    notUnderstood: 0,
    failed: 0,
  };
  private readonly scan = new Scanner('');
  private readonly detector = new FormatDetector();
  private readonly before = new LineParser();
  private readonly after = new LineParser();
  private readonly messages: MessageRewriter;

  constructor(private readonly renaming: Renaming) {
    this.messages = new MessageRewriter(renaming);
  }

  /** @param given a line without its newline */
  line(given: string): string {
    const ending = given.endsWith('\r') ? '\r' : '';
    const line = ++this.figures.lines;
    const was = this.before.parse(given, line);
    const { text, program } = this.before;
    if (program !== null) {
      this.figures.comments++;
      return programPrefix(text) + ending;
    }
    // A prefix may name a host or a file: it is not in the text.
    return this.checked(was, text, this.columns(text, line), line) + ending;
  }

  /** As LineParser.look(). */
  look(text: string): void {
    if (!this.before.isOpen) return;
    for (const parser of [this.before, this.after]) parser.look(text);
    this.scan.tickNs = this.before.tickNs;
  }

  /** A line that is too long to be one of a tracer. */
  overlong(): string {
    this.figures.lines++;
    this.figures.notUnderstood++;
    return NOT_UNDERSTOOD;
  }

  private checked(was: Parsed, text: string, columns: Columns | null, line: number): string {
    if (was === 'unparsed') {
      this.figures.notUnderstood++;
      return this.notUnderstood(text, columns, line);
    }
    const rewritten = this.rewritten(was, text, columns);
    if (rewritten !== null) {
      const is = this.after.parse(rewritten, line);
      if (saysTheSame(was, is, this.renaming)) {
        this.count(was, text, rewritten);
        return rewritten;
      }
    }
    this.figures.failed++;
    return this.notUnderstood('', columns, line);
  }

  private columns(text: string, line: number): Columns | null {
    const scan = this.scan.begin(text);
    const head = this.detector.head(scan, line);
    if (head !== null && this.detector.format !== null)
      return { head, format: this.detector.format, end: scan.pos };
    const told = this.detector.tell(scan, line);
    if (told === null || typeof told === 'string' || 'kind' in told) return null;
    return { ...told, end: scan.pos };
  }

  private rewritten(
    was: Exclude<Parsed, 'unparsed'>,
    text: string,
    columns: Columns | null,
  ): string | null {
    if (columns === null) {
      if (was === null) return plainComment(text) ?? COMMENT;
      if (was.kind === 'lost') return text;
      return was.kind === 'kernelLog' ? this.logLine(was, text) : null;
    }
    const head = rewriteHead(
      text.slice(0, columns.end),
      columns.head,
      columns.format,
      this.renaming,
    );
    if (head === null) return null;
    return head + this.body(was, text.slice(columns.end), columns.format);
  }

  private body(was: Exclude<Parsed, 'unparsed'>, body: string, format: Format): string {
    if (was === null || was.kind === 'lost')
      return PERF_LOST.exec(body)?.[0] ?? PERF_RECORD.exec(body)?.[0] ?? '';
    if (was.kind === 'kernelLog') return this.logLine(was, body);
    if (was.kind === 'other') return this.other(was, body);
    return rewriteBody(body, was, this.renaming, format === bpftrace);
  }

  /** The name of an event, and of its text what tells of the IOMMU. */
  private other({ name, text }: OtherEvent, body: string): string {
    const signs = iommuWords(text);
    if (name === 'function') return `${signs[0] ?? 'f'} <-f`;
    return `${body.slice(0, body.length - text.length).trimEnd()} ${signs.join(' ')}`.trimEnd();
  }

  private logLine(log: KernelLog, text: string): string {
    const prefix = text.slice(0, text.length - log.text.length);
    return logPrefix(prefix, (pid) => this.renaming.tasks.pid(pid)) + this.messages.message(log);
  }

  private notUnderstood(text: string, columns: Columns | null, line: number): string {
    const head =
      columns === null
        ? ''
        : (rewriteHead(text.slice(0, columns.end), columns.head, columns.format, this.renaming) ??
          '');
    const looksCut = this.figures.notUnderstood <= MOST_LOOKED_AT && endsEarly(text);
    const cut = ['map: IOMMU: iova=0x', 'iommu:map: IOMMU: iova=0x', 'tracepoint:iommu:map iova='];
    const bodies = [
      ...(looksCut ? cut : []),
      NOT_UNDERSTOOD,
      'iommu:map: ?',
      'tracepoint:iommu:map ?',
    ];
    for (const body of bodies) {
      const candidate = head + body;
      if (looksCut && cut.includes(body) && !endsEarly(candidate)) continue;
      if (head !== '' && this.after.parse(candidate, line) === 'unparsed') return candidate;
    }
    this.after.parse(NOT_UNDERSTOOD, line);
    return NOT_UNDERSTOOD;
  }

  private count(was: Parsed, text: string, rewritten: string): void {
    const { figures } = this;
    if (was === null || was === 'unparsed') {
      if (rewritten !== text) figures.comments++;
    } else if (was.kind === 'kernelLog') {
      figures.logLines++;
      if (was.topic === 'other') figures.logLinesEmptied++;
    } else if (was.kind === 'other' || was.kind === 'marker') figures.emptied++;
    else if (was.kind !== 'lost') figures.rewritten++;
  }
}
