/** Line drawings of 24 by 24. They say nothing by themselves: a button with one alone has a label. */
const PATHS = {
  chat: "M5 5h14a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2h-7l-5 4v-4H5a2 2 0 0 1-2-2V7a2 2 0 0 1 2-2Z",
  rooms:
    "M12 8a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM5.5 21a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM18.5 21a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM12 8v4M5.5 16v-1.5a2.5 2.5 0 0 1 2.5-2.5h8a2.5 2.5 0 0 1 2.5 2.5V16",
  inbox: "M4 13l2.5-8h11L20 13v5a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2v-5Zm0 0h5l1 2.5h4l1-2.5h5",
  training: "M8.5 12h7M6.5 7.5v9M17.5 7.5v9M3.5 9.5v5M20.5 9.5v5",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4.5 20.5c1-3.5 4-5 7.5-5s6.5 1.5 7.5 5",
  book: "M12 6.5C10 5 7 4.5 3.5 4.5v13.5c3.5 0 6.5.5 8.5 2 2-1.5 5-2 8.5-2V4.5C17 4.5 14 5 12 6.5Zm0 0V20",
  chart: "M4 4v16h16M8 16v-4M12.5 16V8M17 16v-6",
  menu: "M4 7h16M4 12h16M4 17h16",
  plus: "M12 5v14M5 12h14",
  close: "M6 6l12 12M18 6L6 18",
  check: "M5 12.5l4.5 4.5L19 7.5",
  send: "M12 19V5M6 11l6-6 6 6",
  stop: "M7 7h10v10H7z",
  retry: "M4.5 12a7.5 7.5 0 1 0 2.5-5.600M4.5 4v4h4",
  undo: "M8 5L4 9l4 4M4 9h10a6 6 0 0 1 0 12h-3",
  edit: "M4 20l1-4.5L16.5 4 20 7.5 8.5 19 4 20Z",
  trash: "M4.5 7h15M9.5 7V4.5h5V7M6.5 7l1 13h9l1-13M10 11v5.5M14 11v5.5",
  up: "M7 11v9H4v-9h3Zm0 0l4.5-8c1.5 0 2.5 1 2.5 2.5L13.300 9H18a2 2 0 0 1 2 2.400l-1.300 7A2 2 0 0 1 16.700 20H7",
  down: "M17 13V4h3v9h-3Zm0 0l-4.5 8c-1.5 0-2.5-1-2.5-2.5l.7-3.5H6a2 2 0 0 1-2-2.400l1.300-7A2 2 0 0 1 7.300 4H17",
  receipt: "M6 3.5h12v17l-2.400-1.5-2.400 1.5-1.200-.8-1.200.8L8.400 19 6 20.5v-17ZM9 8h6M9 12h6",
  search: "M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13ZM15.5 15.5L20 20",
  list: "M4 6h2M4 12h2M4 18h2M9.5 6H20M9.5 12H20M9.5 18H20",
  offline:
    "M3 3l18 18M8.5 15.5a5 5 0 0 1 5.5-1M5 12a10 10 0 0 1 4.5-2.600M19 12a10 10 0 0 0-5.5-2.900M2.5 8.5A14 14 0 0 1 7 5.800M21.5 8.5A14 14 0 0 0 11 4.600M12 19.5h.01",
  file: "M6 3h8l4 4v14H6V3Zm8 0v4h4",
  download: "M12 4v11M7 11l5 5 5-5M5 20h14",
  clock: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM12 7v5l3 2",
  warning: "M12 4l9 16H3L12 4Zm0 6v4.5M12 17.5h.01",
  pause: "M8 5v14M16 5v14",
  play: "M7 5l12 7-12 7V5Z",
  share: "M12 15V4M8 7.5L12 3.5l4 4M5 12v8h14v-8",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
