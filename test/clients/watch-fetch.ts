interface SeenAnswer {
  readonly status: number;
  readonly retryAfter: string | null;
}

/** Fetches for a client that takes such a function, and remembers what came back. */
export function watchFetch(): { readonly fetch: typeof fetch; readonly answers: readonly SeenAnswer[] } {
  const answers: SeenAnswer[] = [];
  return {
    answers,
    fetch: async (...request) => {
      const answer = await fetch(...request);
      answers.push({ status: answer.status, retryAfter: answer.headers.get("retry-after") });
      return answer;
    },
  };
}
