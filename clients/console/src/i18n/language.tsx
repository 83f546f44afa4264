/** The language of the page: the browser's at first, then the one that was chosen. */
import { createContext, type ReactNode, useContext, useEffect, useState } from "react";

export const LANGUAGES = ["en", "de"] as const;
export type Language = (typeof LANGUAGES)[number];
export const LANGUAGE_NAMES: Record<Language, string> = { en: "English", de: "Deutsch" };

const KEY = "hercules-console:language";
const Context = createContext<{ language: Language; choose: (language: Language) => void }>({
  language: "en",
  choose: () => undefined,
});

function first(): Language {
  const wanted = [localStorage.getItem(KEY), ...navigator.languages.map((one) => one.slice(0, 2))];
  return LANGUAGES.find((language) => language === wanted.find((one) => LANGUAGES.includes(one as Language))) ?? "en";
}

export function LanguageProvider({ children }: { children: ReactNode }) {
  const [language, setLanguage] = useState(first);
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  const choose = (chosen: Language) => {
    localStorage.setItem(KEY, chosen);
    setLanguage(chosen);
  };
  return <Context.Provider value={{ language, choose }}>{children}</Context.Provider>;
}

export function useLanguage() {
  return useContext(Context);
}

/** A view's words in the chosen language: `const t = useText({ en, de })`, where `de` is of the type of `en`. */
export function useText<Text>(dictionaries: Record<Language, Text>): Text {
  return dictionaries[useLanguage().language];
}
