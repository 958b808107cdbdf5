/**
 * What the doctor says, in English and Spanish; what goes wrong in a conversation too is in voice/texts.js.
 */

import { languageFor, textsFor } from "../voice/texts.js";

/** @typedef {(key: string, values?: Record<string, string | number>) => string} Text */

/** @type {Record<string, Record<string, string>>} */
export const DOCTOR_TEXTS = {
  en: {
    check_secure: "Secure page",
    check_browser: "Browser",
    check_languages: "Languages",
    check_wake_lock: "Screen stays on",
    check_server: "Server",
    check_server_delay: "Way to the server and back",
    check_clock: "Clock",
    check_version: "Version of this page",
    check_permission: "Permission for the microphone",
    check_device: "Microphones",
    check_secret: "Permission to talk",
    check_connection: "Voice connection",
    check_provider_delay: "Way to the voice provider and back",
    check_autoplay: "Sound without a tap",
    check_level: "What the microphone hears",
    check_speaker: "Loudspeaker",
    outcome_ok: "OK",
    outcome_warning: "Warning",
    outcome_problem: "Problem",
    outcome_skipped: "Not checked",
    outcome_waiting: "Waiting",
    outcome_running: "Checking",
    progress: "{number} of {count}: {name}",
    all_good: "Everything is fine.",
    some: "Problems: {problems}. Warnings: {warnings}. What helps stands beside each.",
    yes: "Yes",
    no: "No",
    unknown: "Unknown",
    blocked: "Blocked",
    blocked_untouched: "Blocked until the page is touched",
    allowed: "Allowed",
    allowed_now: "Allowed, now that the page was touched. Before a touch the browser does not tell.",
    asks: "The browser will ask",
    untold: "The browser does not tell",
    see_above: "Because of what is said above",
    found: "{count} found",
    none: "None",
    given: "Given",
    connected: "Connected in {ms} ms",
    exact: "Right",
    ahead: "{seconds} seconds ahead of the server",
    behind: "{seconds} seconds behind the server",
    old: "{tag}, but the server has {served}",
    good: "Good",
    quiet: "Too quiet",
    silent: "Nothing",
    say_something: "Please say something, from where you usually stand.",
    level: "Loudness",
    heard: "Two tones were played. Did you hear them?",
    play_again: "Play again",
    unanswered: "Nobody answered",
    run_again: "Check again",
    copy_by_hand: "The browser does not let this page copy. The report is marked below: copy it by hand.",
    report: "Report",
    wake_lock_cure: "The screen may go dark in a conversation. Set a longer screen time-out in the device's settings.",
    server_delay_cure:
      "The way to the server is slow. Bring the device nearer to the Wi-Fi, or give the server more to run on.",
    provider_delay_cure:
      "Answers will come late. Something else may be using the internet connection, or the Wi-Fi is weak.",
    clock_cure: "Set this device's clock by the network (date and time: automatic); else secure connections may fail.",
    version_cure: "Load this page anew. If that does not help, empty the browser's cache.",
    autoplay_cure: "Each conversation needs a tap to be heard. Allow sound for this page in the browser's settings.",
    untouched_cure:
      "The house may have to ring here until somebody taps. Where the browser has a setting for it, allow sound for this page, and load it anew.",
    quiet_cure: "Come nearer, speak louder, or raise the microphone's level in the device's settings.",
    silent_cure:
      "Nothing was heard. Check whether the right microphone is chosen in the browser's settings, and nothing covers it.",
    muted_cure: "The device mutes the microphone. Look for a switch on the device, or in its privacy settings.",
    speaker_cure: "Turn up the volume, and check whether the sound goes to another device, such as headphones.",
  },
  es: {
    check_secure: "Página segura",
    check_browser: "Navegador",
    check_languages: "Idiomas",
    check_wake_lock: "La pantalla sigue encendida",
    check_server: "Servidor",
    check_server_delay: "Ida y vuelta al servidor",
    check_clock: "Reloj",
    check_version: "Versión de esta página",
    check_permission: "Permiso del micrófono",
    check_device: "Micrófonos",
    check_secret: "Permiso para hablar",
    check_connection: "Conexión de voz",
    check_provider_delay: "Ida y vuelta al proveedor de voz",
    check_autoplay: "Sonido sin tocar",
    check_level: "Lo que oye el micrófono",
    check_speaker: "Altavoz",
    outcome_ok: "Bien",
    outcome_warning: "Aviso",
    outcome_problem: "Problema",
    outcome_skipped: "Sin comprobar",
    outcome_waiting: "En espera",
    outcome_running: "Comprobando",
    progress: "{number} de {count}: {name}",
    all_good: "Todo está bien.",
    some: "Problemas: {problems}. Avisos: {warnings}. Junto a cada uno está lo que ayuda.",
    yes: "Sí",
    no: "No",
    unknown: "Desconocido",
    blocked: "Bloqueado",
    blocked_untouched: "Bloqueado hasta que se toque la página",
    allowed: "Permitido",
    allowed_now: "Permitido, ya que se tocó la página. Antes de tocarla, el navegador no lo dice.",
    asks: "El navegador preguntará",
    untold: "El navegador no lo dice",
    see_above: "Por lo que se dice arriba",
    found: "{count} encontrados",
    none: "Ninguno",
    given: "Concedido",
    connected: "Conectado en {ms} ms",
    exact: "En hora",
    ahead: "{seconds} segundos por delante del servidor",
    behind: "{seconds} segundos por detrás del servidor",
    old: "{tag}, pero el servidor tiene {served}",
    good: "Bien",
    quiet: "Demasiado bajo",
    silent: "Nada",
    say_something: "Diga algo, por favor, desde donde suele estar.",
    level: "Volumen",
    heard: "Han sonado dos tonos. ¿Los ha oído?",
    play_again: "Repetir",
    unanswered: "Nadie respondió",
    run_again: "Comprobar de nuevo",
    copy_by_hand: "El navegador no deja copiar a esta página. El informe está marcado abajo: cópielo a mano.",
    report: "Informe",
    wake_lock_cure:
      "La pantalla puede apagarse durante una conversación. Alargue el tiempo de espera en los ajustes del dispositivo.",
    server_delay_cure:
      "El camino al servidor es lento. Acerque el dispositivo a la Wi-Fi o dé más recursos al servidor.",
    provider_delay_cure:
      "Las respuestas llegarán tarde. Quizá algo más ocupa la conexión a internet o la Wi-Fi es débil.",
    clock_cure:
      "Ponga el reloj de este dispositivo por la red (fecha y hora: automático); si no, las conexiones seguras pueden fallar.",
    version_cure: "Cargue esta página de nuevo. Si no ayuda, vacíe la caché del navegador.",
    autoplay_cure:
      "Cada conversación necesita un toque para oírse. Permita el sonido de esta página en los ajustes del navegador.",
    untouched_cure:
      "Quizá la casa tenga que llamar aquí hasta que alguien toque. Si el navegador tiene un ajuste para ello, permita el sonido de esta página y cárguela de nuevo.",
    quiet_cure: "Acérquese, hable más alto o suba el nivel del micrófono en los ajustes del dispositivo.",
    silent_cure: "No se oyó nada. Compruebe que el navegador usa el micrófono correcto y que nada lo tapa.",
    muted_cure: "El dispositivo silencia el micrófono. Busque un interruptor en él o en sus ajustes de privacidad.",
    speaker_cure: "Suba el volumen y compruebe si el sonido sale por otro dispositivo, como unos auriculares.",
  },
};

/** @param {string | undefined} language @returns {Text} */
export function doctorTexts(language) {
  const own = DOCTOR_TEXTS[languageFor(language)];
  const common = textsFor(language);
  return (key, values = {}) => {
    if (!(key in own)) return common(key, values);
    return own[key].replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
  };
}
