/** What the machine lacks, in one sentence for its user; ends the bootstrap with exit code 1. */
export class Refusal extends Error {}
