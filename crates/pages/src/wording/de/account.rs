//! /account in German.

use crate::wording::Around;
use crate::wording::account::{Account, Field, Profile};

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
};
