//! /account in German.

use crate::wording::Around;
use crate::wording::account::{Account, Activity, Events, Field, Profile, Sessions};

pub const ACCOUNT: Account = Account {
    heading: "Ihr Konto",
    who: Around("Sie sind angemeldet als ", "."),
    saved: "Gespeichert.",
    profile: Profile {
        heading: "Profil",
        name: Field {
            label: "Name",
            hint: "Höchstens 128 Zeichen.",
            wrong: "Ein Name hat 1 bis 128 Zeichen. Ist einmal einer da, lässt er sich ändern, nicht entfernen.",
        },
        avatar_url: Field {
            label: "Bild",
            hint: "Die Adresse eines Bildes von Ihnen. Sie beginnt mit https://",
            wrong: "Das ist keine Adresse, die mit https:// beginnt und höchstens 2048 Zeichen hat. Berichtigen \
                    Sie sie, oder lassen Sie das Feld leer, um kein Bild zu haben.",
        },
        locale: Field {
            label: "Sprache",
            hint: "Ein Sprachkürzel wie en, de oder pt-BR. Diese Seiten sprechen Englisch und Deutsch.",
            wrong: "Das ist kein Sprachkürzel. Geben Sie eines wie en, de oder pt-BR ein.",
        },
        time_zone: Field {
            label: "Zeitzone",
            hint: "Mit ihrem Namen, wie Europe/Berlin.",
            wrong: "Eine Zeitzone dieses Namens gibt es nicht. Geben Sie eine wie Europe/Berlin ein.",
        },
        save: "Speichern",
        refused: "Noch ist nichts gespeichert. Berichtigen Sie die markierten Felder und speichern Sie noch einmal.",
    },
    sessions: Sessions {
        heading: "Wo Sie angemeldet sind",
        about: "Browser, Geräte und Werkzeuge, die in Ihrem Namen handeln können. Beenden Sie, was Sie nicht \
                kennen oder nicht mehr brauchen: Es muss sich dann neu anmelden.",
        this_one: "Dieser Browser",
        signed_in: Around("Angemeldet ", ""),
        used: Around("zuletzt benutzt ", ""),
        end: "Beenden",
        end_others: "Alle anderen beenden",
        more: "Es gibt noch mehr. Beenden Sie alle anderen, um sie loszuwerden.",
    },
    activity: Activity {
        heading: "Was geschehen ist",
        about: "Das Neueste zuerst. Wenn Sie etwas davon nicht selbst waren, beenden Sie alle anderen Sitzungen.",
        events: Events {
            signed_in: "Angemeldet",
            signed_out: "Abgemeldet",
            session_ended: "Eine Sitzung wurde beendet",
            refresh_reuse_detected: "Eine kopierte Anmeldung wurde benutzt und ihre Sitzung beendet",
            refresh_ahead_of_store: "Eine Sitzung ging nach einer Wiederherstellung des Servers weiter",
            device_approved: "Ein Gerät wurde zugelassen",
            device_denied: "Ein Gerät wurde abgelehnt",
            passkey_added: "Ein Passkey wurde hinzugefügt",
            passkey_renamed: "Ein Passkey wurde umbenannt",
            passkey_removed: "Ein Passkey wurde entfernt",
            passkey_counter_rejected: "Ein Passkey wurde abgelehnt: Er könnte kopiert worden sein",
            profile_changed: "Das Profil wurde geändert",
            email_change_requested: "Eine Änderung der E-Mail-Adresse wurde verlangt",
            email_changed: "Die E-Mail-Adresse wurde geändert",
            account_disabled: "Das Konto wurde gesperrt",
        },
    },
};
