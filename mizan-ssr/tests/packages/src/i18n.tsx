import { createInstance } from "i18next";
import { I18nextProvider, initReactI18next, Trans, Translation, useTranslation, withTranslation } from "react-i18next";
import type { WithTranslation } from "react-i18next";

const i18n = createInstance();
void i18n.use(initReactI18next).init({
  lng: "pl",
  fallbackLng: "en",
  interpolation: { escapeValue: false },
  initAsync: false,
  resources: {
    en: {
      translation: {
        hello: "Hello, {{name}}!", only: "only in English", price: "{{value, number(minimumFractionDigits: 2)}}", day: "{{day, datetime(dateStyle: long; timeZone: UTC)}}",
        list: "{{items, list}}", place_ordinal_one: "{{count}}st", place_ordinal_two: "{{count}}nd", place_ordinal_few: "{{count}}rd", place_ordinal_other: "{{count}}th",
      },
    },
    pl: {
      translation: {
        hello: "Cześć, {{name}}!", file_one: "{{count}} plik", file_few: "{{count}} pliki", file_many: "{{count}} plików", file_other: "{{count}} pliku",
        rich: "Masz <b>{{count}}</b> i <1>link</1><br/>koniec", guest_male: "gość", guest_female: "gościni", nested: "$t(hello, {\"name\": \"z\"})",
      },
      other: { title: "Inny" },
    },
  },
});

const Counted = withTranslation()(({ t }: WithTranslation) => <p>{[0, 1, 2, 5, 22, 1.5].map((count) => t("file", { count })).join(", ")}</p>);

function Page() {
  const { t, i18n } = useTranslation(["translation", "other"]);
  return (
    <div lang={i18n.language} dir={i18n.dir()}>
      <h1>{t("hello", { name: "<Ada>" })}</h1>
      <p>{t("only")} {t("missing.key")} {t("missing", "given")} {t("title", { ns: "other" })} {t("nested")} {t("guest", { context: "female" })}</p>
      <p>{t("price", { value: 1234.5, lng: "en" })} {t("day", { day: new Date(Date.UTC(2026, 0, 2, 12)), lng: "en" })} {t("list", { items: ["a", "b", "c"], lng: "en" })}</p>
      <p>{[1, 2, 3, 4, 11, 21].map((count) => t("place", { count, ordinal: true, lng: "en" })).join(" ")}</p>
      <Trans i18nKey="rich" count={3} components={{ b: <strong /> }}>You have <b>{{ count: 3 } as never}</b> and <a href="/">link</a></Trans>
    </div>
  );
}

export default function I18n() {
  return (
    <I18nextProvider i18n={i18n}>
      <Page />
      <Counted />
      <Translation>{(t) => <p>{t("hello", { name: "x" })}</p>}</Translation>
    </I18nextProvider>
  );
}
