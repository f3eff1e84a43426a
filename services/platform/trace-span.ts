// What a trace is to the services: spans that begin, link and end. otel.ts makes them, traces.ts says whether there are any.

/** Never anything of a person: no log_id, no address, no words of a vendor. */
export type Attributes = Readonly<Record<string, string | number>>

export type TraceSpan = {
  /** False where the sampler left it out. */
  recorded: boolean
  /** What travels on: this span where it is recorded, else what it was begun with. */
  traceparent: string | undefined
  /** Another span that has to do with this one and is not its parent. */
  link: (traceparent: string) => void
  /** @param failure why the work failed, snake_case */
  end: (attributes?: Attributes, failure?: string) => void
}

export type Traces = {
  /** @param at when it began, milliseconds since the epoch; now unless given */
  start: (
    name: string,
    options: {
      kind: 'server' | 'producer' | 'consumer' | 'client'
      parent?: string
      links?: readonly string[]
      attributes?: Attributes
      at?: number
    },
  ) => TraceSpan
}
