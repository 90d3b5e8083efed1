export type UpOptions = {
  fresh: boolean
  demo: boolean
  dir?: string
  portOffset: number
  producers: number
  consumers: number
}

export async function up(_options: UpOptions): Promise<void> {}
