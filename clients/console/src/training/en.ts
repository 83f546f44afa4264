export const en = {
  weeks: (count: number) => (count === 1 ? "1 week" : `${count} weeks`),
  minutes: (count: number) => `${count} min`,
  times: (count: number) => `${count} times a week`,
  rest: (seconds: number) => `${seconds} s rest`,
  seconds: (count: number) => `${count} s`,
  reserve: (count: number) => `${count} in reserve`,
  zone: (zone: number) => `heart rate zone ${zone}`,
  warmUp: "warm-up",
};

export type Text = typeof en;
