// Names of topics and groups: all begin with the prefix, so two installations share a broker.

/** Topics by what they hold. */
export const topicNames = {
  events: (prefix: string) => prefix,
  deadLetters: (prefix: string, service: string) => `${prefix}.dead-letter.${service}`,
  reports: (prefix: string) => `${prefix}.reports`,
  control: (prefix: string) => `${prefix}.control`,
}

/** Consumer groups. A sink against the sandbox has a group of its own: the real one's offsets stay where they are. */
export const groupNames = {
  sink: (prefix: string, sink: string, sandbox = false) => `${prefix}.${sink}${sandbox ? '.sandbox' : ''}`,
  job: (prefix: string, sink: string, id: string) => `${prefix}.${sink}.job.${id}`,
  backfill: (prefix: string) => `${prefix}.backfill`,
  /** For readers that must not disturb a live group; deleted when they close, gone by itself after a crash. */
  throwAway: (prefix: string, service: string) => `${prefix}.${service}.reader.${crypto.randomUUID()}`,
}
