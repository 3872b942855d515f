//! German.

use keywright_domain::activity::Event;

use super::duration::{Affixes, Durations, Units};
use super::text::{
    Account, ActionTexts, Actions, Activity, AddPasskey, Again, Announcement, Api, CheckMail, Consent,
    Device, EditPasskey, EmailChange, Field, Inbox, Linked, MagicLink, Outcomes, PasskeyList, PasskeySignIn,
    PasskeyTroubles, Passkeys, Problems, Profile, Sessions, SignIn, SignedIn, Step, Wording,
};
use crate::notice::Notice;

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
        sent: Affixes(
            "Wenn ",
            " sich hier anmelden kann, ist eine Nachricht mit einem Link und einem Code unterwegs.",
        ),
        good_for: Affixes("Beide gelten ", ", und nur einmal."),
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
        who: Affixes("Als ", "."),
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
        who: Affixes("Sie sind angemeldet als ", "."),
        not_you: "Sind Sie das nicht?",
    },
    consent: Consent {
        title: "Dieses Gerät anmelden?",
        heading: "Haben Sie das auf Ihrem eigenen Gerät begonnen?",
        asks: Affixes("Etwas möchte angemeldet werden als ", "."),
        only_if: "Stimmen Sie nur zu, wenn Sie das Gerät vor sich haben, dies selbst begonnen haben und es \
                  denselben Code zeigt. Wenn Ihnen jemand den Code geschickt hat, lehnen Sie ab.",
        code: "Code",
        device_name: "Name des Geräts (ungeprüft)",
        none_given: "Keiner angegeben",
        client: "Programm",
        client_id: Affixes("(Client-ID ", ")"),
        address: "Adresse",
        browser: "Browser oder Programm (ungeprüft)",
        system: "System (ungeprüft)",
        user_agent: "In eigenen Worten (ungeprüft)",
        unknown: "Unbekannt",
        asked: "Angefragt",
        other_network: Affixes(
            "Diese Anfrage kommt aus einem anderen Netz als Ihrem (",
            "). Wenn das Gerät am selben Ort ist wie Sie, lehnen Sie ab.",
        ),
        confirm: "Ich habe das selbst begonnen, und das Gerät vor mir zeigt diesen Code.",
        deny: "Ablehnen",
        approve: "Zustimmen",
    },
    outcomes: OUTCOMES,
    notice,
    problems: PROBLEMS,
    actions: ACTIONS,
    account: ACCOUNT,
    email_change: EMAIL_CHANGE,
    passkeys: PASSKEYS,
    api: API,
    inbox: Inbox {
        heading: "Postfach für die Entwicklung",
        about: "Die Nachrichten, die dieser Server verschickt hätte, die neueste zuerst.",
        reload: "Neu laden",
        empty: "Noch nichts.",
        to: Affixes("An ", ""),
    },
    durations: Durations {
        just_now: "gerade eben",
        ago: Affixes("vor ", ""),
        units_ago: Units {
            minute: ["Minute", "Minuten"],
            hour: ["Stunde", "Stunden"],
            day: ["Tag", "Tagen"],
        },
        units: Units { minute: ["Minute", "Minuten"], hour: ["Stunde", "Stunden"], day: ["Tag", "Tage"] },
    },
};

fn notice(notice: Notice) -> &'static str {
    match notice {
        Notice::BadAddress => {
            "Das ist keine E-Mail-Adresse. Prüfen Sie sie und versuchen Sie es noch einmal."
        }
        Notice::BadCode => "Der Code hat sechs Ziffern. Geben Sie ihn so ein, wie er in der Nachricht steht.",
        Notice::WrongCode => {
            "Dieser Code ist falsch, schon benutzt oder abgelaufen. Nehmen Sie den aus der neuesten \
                     Nachricht, oder lassen Sie noch eine senden."
        }
        Notice::StartAgain => "Das Formular war unvollständig. Fordern Sie hier eine neue Nachricht an.",
        Notice::NoSuchDevice => {
            "Diesen Code gibt es nicht. Vergleichen Sie ihn mit dem auf Ihrem Gerät. Wenn er derselbe \
                         ist, ist er abgelaufen: Beginnen Sie auf dem Gerät von vorn."
        }
        Notice::TooMany => "Zu viele Versuche. Warten Sie einige Minuten und versuchen Sie es noch einmal.",
        Notice::Unavailable => {
            "Der Dienst ist gerade nicht zu erreichen. Warten Sie einige Sekunden und versuchen Sie es \
                      noch einmal."
        }
        Notice::Broken => {
            "Auf dem Server ist etwas schiefgegangen, und es ist festgehalten. Versuchen Sie es noch einmal; \
                 wenn es wieder geschieht, sagen Sie es dem, der diesen Dienst betreibt."
        }
    }
}

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
    approved: Announcement {
        heading: "Zugestimmt",
        text: "Ihr Gerät wird in wenigen Sekunden angemeldet sein. Sie können diese Seite schließen und zu Ihrem \
               Gerät zurückkehren.",
    },
    denied: Announcement {
        heading: "Abgelehnt",
        text: "Das Gerät wird nicht angemeldet. Sie können diese Seite schließen und zu Ihrem Gerät zurückkehren.",
    },
    already_decided: Announcement {
        heading: "Schon entschieden",
        text: "Sie haben zu diesem Code schon zugestimmt oder ihn abgelehnt, und dabei bleibt es. Wenn das Gerät \
               noch wartet, beginnen Sie dort von vorn.",
    },
    new_code: "Den neuen Code des Geräts eingeben",
    opened_by_device: Announcement {
        heading: "Nicht von diesem Gerät",
        text: "Dieser Browser wurde selbst mit dem Code eines Geräts angemeldet und kann deshalb keine anderen \
               anmelden. Öffnen Sie diese Seite dort, wo Sie sich per E-Mail oder mit einem Passkey angemeldet \
               haben.",
    },
    not_fresh: Announcement {
        heading: "Melden Sie sich zuerst neu an",
        text: "Ihre Anmeldung ist eine Weile her. Melden Sie sich ab und wieder an und geben Sie den Code dann \
               noch einmal ein.",
    },
    sign_in_again: "Ab- und wieder anmelden",
};

const PROBLEMS: Problems = Problems {
    forbidden: Announcement {
        heading: "Nicht von hier",
        text: "Das Formular kam nicht von einer Seite dieses Servers, deshalb ist nichts geschehen. Öffnen Sie die \
               Seite noch einmal und senden Sie es von dort.",
    },
    not_found: Announcement {
        heading: "Nicht gefunden",
        text: "Unter dieser Adresse ist nichts. Prüfen Sie sie, oder gehen Sie zur Anmeldung.",
    },
    method_not_allowed: Announcement {
        heading: "Nicht zum Ansehen",
        text: "Diese Adresse ist nicht zum Ansehen. Gehen Sie zur Anmeldung.",
    },
    too_large: Announcement {
        heading: "Zu groß",
        text: "Was gesendet wurde, ist größer als alles, was ein Formular hier annimmt, deshalb ist nichts \
               geschehen. Gehen Sie zurück und senden Sie weniger.",
    },
    too_many: Announcement {
        heading: "Zu viele Anfragen",
        text: "Aus Ihrem Netz kam in kurzer Zeit zu viel. Warten Sie eine Minute und versuchen Sie es noch einmal.",
    },
    unavailable: Announcement {
        heading: "Nicht zu erreichen",
        text: "Der Dienst ist gerade nicht zu erreichen, und es ist nichts geschehen. Warten Sie einige Sekunden \
               und versuchen Sie es noch einmal.",
    },
    broken: Announcement {
        heading: "Etwas ist schiefgegangen",
        text: "Auf dem Server ist etwas schiefgegangen, und es ist festgehalten. Versuchen Sie es noch einmal; \
               wenn es wieder geschieht, sagen Sie es dem, der diesen Dienst betreibt.",
    },
    bad_request: Announcement {
        heading: "Nicht verstanden",
        text: "Was gesendet wurde, war nicht zu verstehen, deshalb ist nichts geschehen. Gehen Sie zurück, laden \
               Sie die Seite neu und versuchen Sie es noch einmal.",
    },
    to_sign_in: "Zur Anmeldung",
};

const ACCOUNT: Account = Account {
    heading: "Ihr Konto",
    who: Affixes("Sie sind angemeldet als ", "."),
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
        signed_in: Affixes("Angemeldet ", ""),
        used: Affixes("zuletzt benutzt ", ""),
        end: "Beenden",
        end_others: "Alle anderen beenden",
        more: "Es gibt noch mehr. Beenden Sie alle anderen, um sie loszuwerden.",
    },
    activity: Activity {
        heading: "Was geschehen ist",
        about: "Das Neueste zuerst. Wenn Sie etwas davon nicht selbst waren, beenden Sie alle anderen Sitzungen.",
        event,
    },
};

fn event(event: Event) -> &'static str {
    match event {
        Event::SignedIn => "Angemeldet",
        Event::SignedOut => "Abgemeldet",
        Event::SessionEnded => "Eine Sitzung wurde beendet",
        Event::RefreshReuseDetected => "Eine kopierte Anmeldung wurde benutzt und ihre Sitzung beendet",
        Event::RefreshAheadOfStore => "Eine Sitzung ging nach einer Wiederherstellung des Servers weiter",
        Event::DeviceApproved => "Ein Gerät wurde zugelassen",
        Event::DeviceDenied => "Ein Gerät wurde abgelehnt",
        Event::PasskeyAdded => "Ein Passkey wurde hinzugefügt",
        Event::PasskeyRenamed => "Ein Passkey wurde umbenannt",
        Event::PasskeyRemoved => "Ein Passkey wurde entfernt",
        Event::PasskeyCounterRejected => "Ein Passkey wurde abgelehnt: Er könnte kopiert worden sein",
        Event::ProfileChanged => "Das Profil wurde geändert",
        Event::EmailChangeRequested => "Eine Änderung der E-Mail-Adresse wurde verlangt",
        Event::EmailChanged => "Die E-Mail-Adresse wurde geändert",
        Event::AccountDisabled => "Das Konto wurde gesperrt",
    }
}

const EMAIL_CHANGE: EmailChange = EmailChange {
    heading: "E-Mail-Adresse",
    now: Affixes("Ihr Konto hat die Adresse ", "."),
    pending: Affixes(
        "Es soll diese bekommen: ",
        ". Dorthin ist eine Nachricht mit einem Link gesandt. Die Adresse wechselt, wenn der Link bestätigt wird; alle \
         anderen Sitzungen enden dann. Um es aufzuhalten, geben Sie die Adresse ein, die Sie jetzt haben.",
    ),
    new: Field {
        label: "Neue Adresse",
        hint: "Sie bekommt eine Nachricht mit einem Link. Vorher ändert sich nichts.",
        wrong: "Das ist keine E-Mail-Adresse, deshalb wurde nichts gesandt. Prüfen Sie sie und versuchen Sie es noch \
                einmal.",
    },
    button: "Adresse ändern",
    go_on: "Sie haben sich noch einmal angemeldet. Drücken Sie den Knopf, um die Adresse zu ändern.",
    too_many: "Es wurden zu viele Änderungen verlangt, deshalb wurde nichts gesandt. Warten Sie eine Stunde und \
               versuchen Sie es noch einmal.",
};

const PASSKEYS: Passkeys = Passkeys {
    sign_in: PasskeySignIn {
        button: "Mit einem Passkey anmelden",
        cancelled: "Es wurde kein Passkey benutzt: Es wurde abgebrochen, oder dieses Gerät hat keinen für diesen \
                    Dienst. Drücken Sie den Knopf noch einmal, oder lassen Sie sich eine Nachricht senden.",
        unknown: "Dieser Passkey ist hier nicht mehr bekannt. Nehmen Sie einen anderen, oder lassen Sie sich eine \
                  Nachricht senden.",
        refused: "Der Passkey wurde nicht angenommen. Drücken Sie den Knopf noch einmal, oder lassen Sie sich eine \
                  Nachricht senden.",
    },
    list: PasskeyList {
        heading: "Passkeys",
        about: "Ein Passkey meldet Sie mit Ihrem Fingerabdruck, Ihrem Gesicht oder der PIN Ihres Geräts an: Es gibt \
                nichts einzutippen und nichts, was eine falsche Seite stehlen könnte.",
        none: "Sie haben noch keinen.",
        added: Affixes("Hinzugefügt ", ""),
        used: Affixes("zuletzt benutzt ", ""),
        never_used: "nie benutzt",
        change: "Umbenennen oder entfernen",
        was_added: "Der Passkey ist hinzugefügt. Von jetzt an können Sie sich damit anmelden.",
        was_renamed: "Der Passkey ist umbenannt.",
        was_removed: "Der Passkey ist entfernt.",
    },
    add: AddPasskey {
        name: Field {
            label: "Name des neuen Passkeys",
            hint: "Damit Sie ihn wiedererkennen, zum Beispiel: mein Laptop. Das Feld darf leer bleiben.",
            wrong: "",
        },
        button: "Einen Passkey hinzufügen",
        go_on: "Sie haben sich noch einmal angemeldet. Drücken Sie den Knopf, um den Passkey hinzuzufügen.",
        no_script: "Um einen Passkey hinzuzufügen, braucht diese Seite JavaScript, und das ist ausgeschaltet. Schalten \
                    Sie es ein und laden Sie die Seite noch einmal.",
        unsupported: "Dieser Browser kennt keine Passkeys. Öffnen Sie diese Seite in einem, der sie kennt, um einen \
                      hinzuzufügen.",
        cancelled: "Es wurde kein Passkey hinzugefügt: Es wurde abgebrochen, hat zu lange gedauert, oder dieses Gerät \
                    kann keinen aufbewahren. Drücken Sie den Knopf noch einmal, vielleicht mit einem anderen Gerät.",
        conflict: "Dieses Gerät hat schon einen Passkey für Ihr Konto. Nehmen Sie diesen, oder fügen Sie auf einem \
                   anderen Gerät einen hinzu.",
        full: "Sie haben so viele Passkeys, wie ein Konto haben kann. Entfernen Sie zuerst einen.",
        refused: "Der Passkey wurde nicht angenommen, und es ist keiner hinzugekommen. Drücken Sie den Knopf noch \
                  einmal.",
    },
    edit: EditPasskey {
        heading: "Einer Ihrer Passkeys",
        name: Field {
            label: "Name",
            hint: "Höchstens 128 Zeichen.",
            wrong: "Ein Name hat 1 bis 128 Zeichen. Noch ist nichts geändert: Berichtigen Sie ihn und speichern Sie \
                    noch einmal.",
        },
        rename: "Namen speichern",
        remove_heading: "Entfernen",
        remove_about: "Danach kann sich niemand mehr damit anmelden. Was er angemeldet hat, bleibt angemeldet.",
        confirm: "Ich brauche diesen Passkey nicht mehr.",
        remove: "Diesen Passkey entfernen",
        last: "Dieser Passkey ist der einzige Weg in Ihr Konto, deshalb wurde er nicht entfernt. Fügen Sie einen \
               anderen hinzu oder bestätigen Sie Ihre E-Mail-Adresse, und entfernen Sie dann diesen.",
        unconfirmed: "Es wurde nichts entfernt. Setzen Sie zuerst das Häkchen, und drücken Sie dann den Knopf.",
        back: "Zurück zu Ihrem Konto",
    },
    troubles: PasskeyTroubles {
        limited: "Aus Ihrem Netz kam in kurzer Zeit zu viel. Warten Sie eine Minute und drücken Sie den Knopf noch \
                  einmal.",
        busy: "Der Dienst ist gerade überlastet. Warten Sie einige Sekunden und drücken Sie den Knopf noch einmal.",
        offline: "Der Dienst ist nicht zu erreichen. Prüfen Sie Ihre Verbindung und drücken Sie den Knopf noch \
                  einmal.",
        foreign: "Dieser Browser hat nicht gesagt, dass die Anfrage von dieser Seite kommt, deshalb wurde sie \
                  abgelehnt. Laden Sie die Seite noch einmal, oder nehmen Sie einen anderen Browser.",
    },
    working: "Ihr Browser fragt nach Ihrem Passkey …",
};

const ACTIONS: Actions = Actions {
    refused: Announcement {
        heading: "Dieser Link funktioniert nicht",
        text: "Er ist unvollständig oder zu alt, und nichts wurde getan. Öffnen Sie ihn noch einmal aus der Nachricht.",
    },
    see_account: Linked {
        before: "Oder sehen Sie in ",
        link: "Ihrem Konto",
        after: " nach, was angemeldet ist.",
    },
    end_device: ActionTexts {
        open: Step {
            heading: "Dieses Gerät abmelden?",
            text: Affixes(
                "Dieses Gerät wurde als ",
                " angemeldet. Wenn Sie das nicht waren, melden Sie es ab: Was es besitzt, ist dann nutzlos.",
            ),
        },
        done: Step {
            heading: "Das Gerät ist abgemeldet",
            text: Affixes("Es kann als ", " nichts mehr tun."),
        },
        over: Step {
            heading: "Das Gerät ist nicht angemeldet",
            text: Affixes(
                "Vom Konto von ",
                " wurde es schon abgemeldet, oder seine Zeit ist um. Es gibt nichts mehr zu tun.",
            ),
        },
        button: "Dieses Gerät abmelden",
    },
    prove_email: ActionTexts {
        open: Step {
            heading: "Diese Adresse übernehmen?",
            text: Affixes("Das Konto soll von nun an ", " als Adresse haben. Seine anderen Sitzungen enden."),
        },
        done: Step {
            heading: "Die Adresse wurde geändert",
            text: Affixes("Das Konto hat nun die Adresse ", "."),
        },
        over: Step {
            heading: "Nichts wurde geändert",
            text: Affixes(
                "Die Änderung zu ",
                " wurde schon erledigt oder ersetzt oder ist nicht mehr möglich. Stellen Sie sie auf der Seite Ihres Kontos neu.",
            ),
        },
        button: "Diese Adresse übernehmen",
    },
    undo_email: ActionTexts {
        open: Step {
            heading: "Diese Änderung rückgängig machen?",
            text: Affixes(
                "Das Konto soll wieder ",
                " als Adresse haben. Damit es niemand sonst behält, enden alle seine Sitzungen, und seither hinzugefügte \
                 Passkeys werden entfernt. Ein Konto, das inzwischen mit dieser Adresse entstand, wird gelöscht.",
            ),
        },
        done: Step {
            heading: "Die Änderung wurde rückgängig gemacht",
            text: Affixes(
                "Das Konto hat wieder die Adresse ",
                " und ist überall abgemeldet. Melden Sie sich an und sehen Sie Passkeys und Verlauf durch.",
            ),
        },
        over: Step {
            heading: "Es gibt nichts rückgängig zu machen",
            text: Affixes(
                "Die Änderung weg von ",
                " wurde schon rückgängig gemacht, oder sie kann es nicht mehr werden.",
            ),
        },
        button: "Änderung rückgängig machen",
    },
    old: "Alte Adresse",
    new: "Neue Adresse",
};

const API: Api = Api {
    heading: "Die Schnittstelle",
    contents: "Inhalt",
    source: "Dasselbe für Programme: OpenAPI 3.1",
    must_authenticate: "Braucht eines von:",
    may_authenticate: "Nimmt:",
    parameters: "Parameter:",
    body: "Inhalt der Anfrage:",
    required: "nötig",
    errors: "Fehler",
    schemas: "Schemata",
};
