// Questions to the engine behind this page.

/** What the engine refused, in its words. kind: "cancelled", "memory", "question", ... */
export class Refusal extends Error {
  constructor(kind, message) {
    super(message);
    this.kind = kind;
  }
}

async function check(response) {
  if (response.ok && !response.headers.has('X-Cancelled')) return response;
  let kind = 'internal';
  let message = `the engine answered ${response.status}`;
  try {
    ({ error: kind, message } = await response.json());
  } catch { /* not from the engine */ }
  throw new Refusal(kind, message);
}

async function post(path, body, type = 'application/json') {
  let response;
  try {
    response = await fetch(`/api/${path}`, {
      method: 'POST', body, headers: { 'Content-Type': type, 'X-Eckart': '1' },
    });
  } catch {
    throw new Refusal('gone', 'eckart explore has ended: start it again and open the new address');
  }
  return check(response);
}

/** Asks and returns the JSON answer. @param {string} path @param {object} question */
export const ask = async (path, question) => (await post(path, JSON.stringify(question))).json();

/** Asks and returns the bytes and headers. */
export async function askBytes(path, question) {
  const response = await post(path, JSON.stringify(question));
  return { bytes: await response.arrayBuffer(), headers: response.headers };
}

export const listData = async () => (await check(await fetch('/api/data'))).json();

export const upload = async (file) =>
  (await post(`upload?name=${encodeURIComponent(file.name)}`, file, 'application/octet-stream')).json();

export const cancel = () => post('cancel', '{}');

/** Calls heard with every report of progress while the page is visible. */
export function followProgress(heard) {
  let source = null;
  const follow = () => {
    if (document.hidden) {
      source?.close();
      source = null;
    } else if (!source) {
      source = new EventSource('/api/events');
      source.onmessage = (event) => heard(JSON.parse(event.data));
    }
  };
  document.addEventListener('visibilitychange', follow);
  addEventListener('pagehide', () => source?.close());
  follow();
}

/** Returns a function that starts a turn and returns whether that turn is still the newest and the
 * node on the page: answers that come late are about a question that nobody has any more. */
export function newest(node) {
  let last = 0;
  return () => {
    const mine = ++last;
    return () => mine === last && node.isConnected;
  };
}

/** Asks questions one after the other; of those that wait only the last is asked.
 * Returns a function that takes a question and calls answered with each answer and its question;
 * its drop() leaves what waits unasked, before a question of another kind. */
export function latest(answer, answered, failed) {
  let busy = false;
  let waiting = null;
  const next = async (question) => {
    if (busy) {
      waiting = question;
      return;
    }
    busy = true;
    try {
      answered(await answer(question), question);
    } catch (error) {
      if (!(error instanceof Refusal) || error.kind !== 'cancelled') failed(error);
    }
    busy = false;
    if (waiting) {
      const then = waiting;
      waiting = null;
      next(then);
    }
  };
  next.drop = () => { waiting = null; };
  return next;
}
