//! German.

mod account;
mod action;
mod api;
mod email_change;
mod passkey;

use crate::wording::span::{Spans, Units};
use crate::wording::text::{
    Again, Around, CheckMail, Consent, Device, Inbox, Linked, MagicLink, Notices, Outcomes, Problems, SignIn,
    SignedIn, Told, Wording,
};

pub static WORDING: Wording = Wording {
    language: "de",
    error: "Fehler: ",
    sign_in: SignIn {
        heading: "Anmelden",
        again: AGAIN,
        email: "E-Mail-Adresse",
        email_hint: "Sie bekommen eine Nachricht mit einem Link und einem Code. Ein Passwort gibt es nicht.",
        send: "Nachricht senden",
    },
    check_mail: CheckMail {
        heading: "Sehen Sie in Ihr Postfach",
        sent: Around(
            "Wenn ",
            " sich hier anmelden kann, ist eine Nachricht mit einem Link und einem Code unterwegs.",
        ),
        good_for: Around("Beide gelten ", ", und nur einmal."),
        code: "Code aus der Nachricht",
        code_hint: "Sechs Ziffern. Der Code gilt nur hier, wo Sie ihn angefordert haben; der Link auf jedem Gerät.",
        sign_in: "Anmelden",
        no_message: "Nach einer Minute noch keine Nachricht? Sehen Sie im Spam-Ordner nach oder fordern Sie eine \
                     neue an:",
        send_another: "Noch eine Nachricht senden",
        other_address: "Eine andere Adresse verwenden",
    },
    magic_link: MagicLink {
        heading: "Mit einem Link anmelden",
        press: "Drücken Sie den Knopf, um sich auf diesem Gerät anzumelden. Wenn Sie die Nachricht nicht \
                angefordert haben, schließen Sie diese Seite: Es geschieht nichts.",
        no_script: "Um den Link zu lesen, braucht diese Seite JavaScript, und das ist ausgeschaltet. Schalten Sie \
                    es ein und öffnen Sie den Link noch einmal, oder geben Sie den sechsstelligen Code aus der \
                    Nachricht auf der Seite ein, auf der Sie ihn angefordert haben.",
        missing: Linked {
            before: "In dieser Adresse steht nichts, womit man sich anmelden kann. Öffnen Sie den Link in der \
                     Nachricht noch einmal, oder ",
            link: "fordern Sie eine neue Nachricht an",
            after: ".",
        },
        refused: Linked {
            before: "Dieser Link ist schon benutzt oder abgelaufen. ",
            link: "Fordern Sie eine neue Nachricht an",
            after: ".",
        },
        busy: "Der Dienst ist gerade überlastet. Warten Sie einige Sekunden und drücken Sie den Knopf noch einmal.",
        offline: "Der Dienst ist nicht zu erreichen. Prüfen Sie Ihre Verbindung und drücken Sie den Knopf noch \
                  einmal.",
        foreign: "Dieser Browser hat nicht gesagt, dass die Anfrage von dieser Seite kommt, deshalb wurde sie \
                  abgelehnt. Geben Sie den sechsstelligen Code aus der Nachricht auf der Seite ein, auf der Sie \
                  ihn angefordert haben, oder nehmen Sie einen anderen Browser.",
        working: "Sie werden angemeldet …",
        sign_in: "Anmelden",
    },
    signed_in: SignedIn {
        title: "Angemeldet",
        heading: "Sie sind angemeldet",
        who: Around("Als ", "."),
        go_on: "Weiter dorthin, wohin Sie wollten",
        device: "Ein Gerät mit seinem Code anmelden",
        account: "Ihr Konto",
        sign_out: "Abmelden",
    },
    device: Device {
        heading: "Ein Gerät anmelden",
        sign_in_first: "Ein Gerät zeigt Ihnen einen Code, den Sie hier eingeben sollen. Melden Sie sich zuerst \
                        selbst an.",
        sign_in: "Anmelden und zurückkommen",
        code: "Code auf Ihrem Gerät",
        code_hint: "Acht Buchstaben. Sie sehen, wer Zugang verlangt, bevor Sie entscheiden.",
        code_shape: "XXXX-XXXX",
        go_on: "Weiter",
        who: Around("Sie sind angemeldet als ", "."),
        not_you: "Sind Sie das nicht?",
    },
    consent: Consent {
        title: "Dieses Gerät anmelden?",
        heading: "Haben Sie das auf Ihrem eigenen Gerät begonnen?",
        asks: Around("Etwas möchte angemeldet werden als ", "."),
        only_if: "Stimmen Sie nur zu, wenn Sie das Gerät vor sich haben, dies selbst begonnen haben und es \
                  denselben Code zeigt. Wenn Ihnen jemand den Code geschickt hat, lehnen Sie ab.",
        code: "Code",
        device_name: "Name des Geräts (ungeprüft)",
        none_given: "Keiner angegeben",
        client: "Programm",
        client_id: Around("(Client-ID ", ")"),
        address: "Adresse",
        browser: "Browser oder Programm (ungeprüft)",
        system: "System (ungeprüft)",
        user_agent: "In eigenen Worten (ungeprüft)",
        unknown: "Unbekannt",
        asked: "Angefragt",
        other_network: Around(
            "Diese Anfrage kommt aus einem anderen Netz als Ihrem (",
            "). Wenn das Gerät am selben Ort ist wie Sie, lehnen Sie ab.",
        ),
        confirm: "Ich habe das selbst begonnen, und das Gerät vor mir zeigt diesen Code.",
        deny: "Ablehnen",
        approve: "Zustimmen",
    },
    outcomes: OUTCOMES,
    notices: Notices {
        bad_address: "Das ist keine E-Mail-Adresse. Prüfen Sie sie und versuchen Sie es noch einmal.",
        bad_code: "Der Code hat sechs Ziffern. Geben Sie ihn so ein, wie er in der Nachricht steht.",
        wrong_code: "Dieser Code ist falsch, schon benutzt oder abgelaufen. Nehmen Sie den aus der neuesten \
                     Nachricht, oder lassen Sie noch eine senden.",
        start_again: "Das Formular war unvollständig. Fordern Sie hier eine neue Nachricht an.",
        no_such_device: "Diesen Code gibt es nicht. Vergleichen Sie ihn mit dem auf Ihrem Gerät. Wenn er derselbe \
                         ist, ist er abgelaufen: Beginnen Sie auf dem Gerät von vorn.",
        too_many: "Zu viele Versuche. Warten Sie einige Minuten und versuchen Sie es noch einmal.",
        unavailable: "Der Dienst ist gerade nicht zu erreichen. Warten Sie einige Sekunden und versuchen Sie es \
                      noch einmal.",
        broken: "Auf dem Server ist etwas schiefgegangen, und es ist festgehalten. Versuchen Sie es noch einmal; \
                 wenn es wieder geschieht, sagen Sie es dem, der diesen Dienst betreibt.",
    },
    problems: PROBLEMS,
    actions: action::ACTIONS,
    account: account::ACCOUNT,
    email_change: email_change::EMAIL_CHANGE,
    passkeys: passkey::PASSKEYS,
    api: api::API,
    inbox: Inbox {
        heading: "Postfach für die Entwicklung",
        about: "Die Nachrichten, die dieser Server verschickt hätte, die neueste zuerst.",
        reload: "Neu laden",
        empty: "Noch nichts.",
        to: Around("An ", ""),
    },
    spans: Spans {
        just_now: "gerade eben",
        ago: Around("vor ", ""),
        units_ago: Units {
            minute: ["Minute", "Minuten"],
            hour: ["Stunde", "Stunden"],
            day: ["Tag", "Tagen"],
        },
        units: Units { minute: ["Minute", "Minuten"], hour: ["Stunde", "Stunden"], day: ["Tag", "Tage"] },
    },
};

const AGAIN: Again = Again {
    heading: "Noch einmal anmelden",
    add_passkey: "Ihre Anmeldung liegt eine Weile zurück. Melden Sie sich noch einmal an, um einen Passkey \
                  hinzuzufügen: Das genügt für einige Minuten, und Sie kommen dorthin zurück, wo Sie waren.",
    remove_passkey: "Ihre Anmeldung liegt eine Weile zurück. Melden Sie sich noch einmal an, um einen Passkey zu \
                     entfernen: Das genügt für einige Minuten, und Sie kommen dorthin zurück, wo Sie waren.",
    change_email: "Ihre Anmeldung liegt eine Weile zurück. Melden Sie sich noch einmal an, um Ihre E-Mail-Adresse zu \
                   ändern: Das genügt für einige Minuten, und Sie kommen dorthin zurück, wo Sie waren.",
};

const OUTCOMES: Outcomes = Outcomes {
    approved: Told {
        heading: "Zugestimmt",
        text: "Ihr Gerät wird in wenigen Sekunden angemeldet sein. Sie können diese Seite schließen und zu Ihrem \
               Gerät zurückkehren.",
    },
    denied: Told {
        heading: "Abgelehnt",
        text: "Das Gerät wird nicht angemeldet. Sie können diese Seite schließen und zu Ihrem Gerät zurückkehren.",
    },
    already_decided: Told {
        heading: "Schon entschieden",
        text: "Sie haben zu diesem Code schon zugestimmt oder ihn abgelehnt, und dabei bleibt es. Wenn das Gerät \
               noch wartet, beginnen Sie dort von vorn.",
    },
    new_code: "Den neuen Code des Geräts eingeben",
    opened_by_device: Told {
        heading: "Nicht von diesem Gerät",
        text: "Dieser Browser wurde selbst mit dem Code eines Geräts angemeldet und kann deshalb keine anderen \
               anmelden. Öffnen Sie diese Seite dort, wo Sie sich per E-Mail oder mit einem Passkey angemeldet \
               haben.",
    },
    not_fresh: Told {
        heading: "Melden Sie sich zuerst neu an",
        text: "Ihre Anmeldung ist eine Weile her. Melden Sie sich ab und wieder an und geben Sie den Code dann \
               noch einmal ein.",
    },
    sign_in_again: "Ab- und wieder anmelden",
};

const PROBLEMS: Problems = Problems {
    not_from_here: Told {
        heading: "Nicht von hier",
        text: "Das Formular kam nicht von einer Seite dieses Servers, deshalb ist nichts geschehen. Öffnen Sie die \
               Seite noch einmal und senden Sie es von dort.",
    },
    not_found: Told {
        heading: "Nicht gefunden",
        text: "Unter dieser Adresse ist nichts. Prüfen Sie sie, oder gehen Sie zur Anmeldung.",
    },
    not_for_looking_at: Told {
        heading: "Nicht zum Ansehen",
        text: "Diese Adresse ist nicht zum Ansehen. Gehen Sie zur Anmeldung.",
    },
    too_large: Told {
        heading: "Zu groß",
        text: "Was gesendet wurde, ist größer als alles, was ein Formular hier annimmt, deshalb ist nichts \
               geschehen. Gehen Sie zurück und senden Sie weniger.",
    },
    too_many: Told {
        heading: "Zu viele Anfragen",
        text: "Aus Ihrem Netz kam in kurzer Zeit zu viel. Warten Sie eine Minute und versuchen Sie es noch einmal.",
    },
    unavailable: Told {
        heading: "Nicht zu erreichen",
        text: "Der Dienst ist gerade nicht zu erreichen, und es ist nichts geschehen. Warten Sie einige Sekunden \
               und versuchen Sie es noch einmal.",
    },
    broken: Told {
        heading: "Etwas ist schiefgegangen",
        text: "Auf dem Server ist etwas schiefgegangen, und es ist festgehalten. Versuchen Sie es noch einmal; \
               wenn es wieder geschieht, sagen Sie es dem, der diesen Dienst betreibt.",
    },
    not_understood: Told {
        heading: "Nicht verstanden",
        text: "Was gesendet wurde, war nicht zu verstehen, deshalb ist nichts geschehen. Gehen Sie zurück, laden \
               Sie die Seite neu und versuchen Sie es noch einmal.",
    },
    to_sign_in: "Zur Anmeldung",
};
