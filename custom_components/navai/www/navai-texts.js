/**
 * What people read, in English and Spanish. Failures have a message and a cure each.
 */

/** @type {Record<string, Record<string, string>>} By language and key. */
export const TEXTS = {
  en: {
    idle: "Tap to talk",
    requesting: "One moment …",
    connecting: "Connecting …",
    asking: "Allow the microphone, if the browser asks",
    listening: "Listening",
    thinking: "Thinking …",
    speaking: "Speaking",
    ended: "Tap to talk",
    failed: "That did not work – tap to try again",
    start: "Start talking",
    stop: "End",
    mute: "Mute",
    unmute: "Unmute",
    muted: "Muted",
    again: "Try again",
    answer: "Tap to answer",
    sound: "Tap to hear the answer",
    captions: "What is said",
    person: "You",
    assistant: "Assistant",
    doctor: "Check this device",
    close: "Close",
    token: "This display's token, from navai's configuration",
    open: "Continue",
    copy: "Copy report",
    copied: "Copied",
    failure: "The conversation broke off. Try again.",
    insecure_context:
      "This page was not opened securely, so the browser gives it no microphone. Open {address} instead.",
    microphone_denied:
      "The microphone is blocked for this page. Allow it in the browser's address bar or in the app's settings, then try again.",
    microphone_missing: "No microphone was found. Connect one, then try again.",
    microphone_unanswered:
      "The browser asked for the microphone, and nobody answered. Tap again, and allow the microphone when it asks.",
    microphone_busy: "Another app uses the microphone. Close it, then try again.",
    connection_blocked:
      "The voice connection does not come through. A firewall or the Wi-Fi may block it (UDP); try another network.",
    connection_lost: "The connection was lost and did not come back. Check the Wi-Fi, then try again.",
    provider_unreachable:
      "The voice provider cannot be reached from this device. Check its internet connection, then try again.",
    provider_refused: "The voice provider refused the conversation. Ask the owner to look into the log.",
    secret_expired: "The permission to talk expired before it was used. Try again.",
    server_gone:
      "The server does not answer. Check that it runs and that this device is in the network, then try again.",
    home_assistant_restarting:
      "Home Assistant is starting, or out of reach. Try again in a minute; if that does not help, check the network.",
    rate_limited: "That was too often. Wait {seconds} seconds, then try again.",
    too_many_failures: "The server does not know this display's token. Ask your administrator for the display's link.",
    upstream_rate_limited: "The voice provider is busy with you. Wait {seconds} seconds, then try again.",
    quota_exhausted: "The account at the voice provider has no credit left. Ask the owner to add some.",
    api_key_missing: "navai has no API key yet. Ask the owner to add one.",
    api_key_refused: "The voice provider refuses the API key. Ask the owner to check it.",
    permission_refused: "The API key may not use voice conversations. Ask the owner to check it.",
    profile_not_allowed: "This profile is switched off, or not open to you. Ask the owner.",
    unknown_profile: "There is no such profile here. Ask the owner to correct the card, or this page's address.",
    unknown_display: "This display does not exist any more. Ask the owner to correct the card.",
    not_allowed: "This is not allowed here. Ask the owner.",
    not_signed_in: "This display is not known to the server. Ask the owner for its link.",
    not_ready: "navai is not set up yet. Ask the owner to look into the log.",
    model_not_found: "The voice provider does not know the model. Ask the owner to check the profile.",
    upstream_refused: "The voice provider refused the conversation. Ask the owner to look into the log.",
    upstream_timeout: "The voice provider did not answer in time. Try again.",
    upstream_unavailable: "The voice provider has trouble. Try again in a minute.",
    upstream_unreachable: "The server cannot reach the voice provider. Check its internet connection, then try again.",
    upstream_invalid_response:
      "The voice provider gave an answer that navai does not understand. Ask the owner to check its address.",
    internal_error: "navai made a mistake. Try again; if it comes back, ask the owner to look into the log.",
    stopping: "The server is just restarting. Try again in a minute.",
    browser_too_old: "This browser is too old for voice conversations. Update it, or use another.",
  },
  es: {
    idle: "Toque para hablar",
    requesting: "Un momento …",
    connecting: "Conectando …",
    asking: "Permita el micrófono, si el navegador pregunta",
    listening: "Escuchando",
    thinking: "Pensando …",
    speaking: "Hablando",
    ended: "Toque para hablar",
    failed: "No ha funcionado: toque para reintentar",
    start: "Empezar a hablar",
    stop: "Terminar",
    mute: "Silenciar",
    unmute: "Activar micrófono",
    muted: "Silenciado",
    again: "Intentar de nuevo",
    answer: "Toque para responder",
    sound: "Toque para oír la respuesta",
    captions: "Lo que se dice",
    person: "Usted",
    assistant: "Asistente",
    doctor: "Comprobar este dispositivo",
    close: "Cerrar",
    token: "El token de esta pantalla, de la configuración de navai",
    open: "Continuar",
    copy: "Copiar informe",
    copied: "Copiado",
    failure: "La conversación se interrumpió. Inténtelo de nuevo.",
    insecure_context:
      "Esta página no se abrió de forma segura y el navegador no le da micrófono. Abra {address} en su lugar.",
    microphone_denied:
      "El micrófono está bloqueado para esta página. Permítalo en la barra de direcciones o en los ajustes de la aplicación e inténtelo de nuevo.",
    microphone_missing: "No se encontró ningún micrófono. Conecte uno e inténtelo de nuevo.",
    microphone_unanswered:
      "El navegador pidió el micrófono y nadie respondió. Toque de nuevo y permita el micrófono cuando pregunte.",
    microphone_busy: "Otra aplicación usa el micrófono. Ciérrela e inténtelo de nuevo.",
    connection_blocked:
      "La conexión de voz no llega. Un cortafuegos o la Wi-Fi puede bloquearla (UDP); pruebe otra red.",
    connection_lost: "Se perdió la conexión y no volvió. Compruebe la Wi-Fi e inténtelo de nuevo.",
    provider_unreachable:
      "Este dispositivo no alcanza al proveedor de voz. Compruebe su conexión a internet e inténtelo de nuevo.",
    provider_refused: "El proveedor de voz rechazó la conversación. Pida al dueño que mire el registro.",
    secret_expired: "El permiso para hablar caducó antes de usarse. Inténtelo de nuevo.",
    server_gone:
      "El servidor no responde. Compruebe que funciona y que este dispositivo está en la red, e inténtelo de nuevo.",
    home_assistant_restarting:
      "Home Assistant se está iniciando o no se alcanza. Inténtelo de nuevo en un minuto; si no ayuda, compruebe la red.",
    rate_limited: "Demasiado a menudo. Espere {seconds} segundos e inténtelo de nuevo.",
    too_many_failures: "El servidor no conoce el token de esta pantalla. Pide su enlace a tu administrador.",
    upstream_rate_limited: "El proveedor de voz está ocupado. Espere {seconds} segundos e inténtelo de nuevo.",
    quota_exhausted: "La cuenta del proveedor de voz no tiene saldo. Pida al dueño que añada.",
    api_key_missing: "navai aún no tiene clave de API. Pida al dueño que añada una.",
    api_key_refused: "El proveedor de voz rechaza la clave de API. Pida al dueño que la compruebe.",
    permission_refused: "La clave de API no puede usar conversaciones de voz. Pida al dueño que la compruebe.",
    profile_not_allowed: "Este perfil está desactivado o no está abierto para usted. Pregunte al dueño.",
    unknown_profile: "Aquí no hay tal perfil. Pida al dueño que corrija la tarjeta o la dirección de esta página.",
    unknown_display: "Esta pantalla ya no existe. Pida al dueño que corrija la tarjeta.",
    not_allowed: "Esto no está permitido aquí. Pregunte al dueño.",
    not_signed_in: "El servidor no conoce esta pantalla. Pida al dueño su enlace.",
    not_ready: "navai aún no está listo. Pida al dueño que mire el registro.",
    model_not_found: "El proveedor de voz no conoce el modelo. Pida al dueño que compruebe el perfil.",
    upstream_refused: "El proveedor de voz rechazó la conversación. Pida al dueño que mire el registro.",
    upstream_timeout: "El proveedor de voz no respondió a tiempo. Inténtelo de nuevo.",
    upstream_unavailable: "El proveedor de voz tiene problemas. Inténtelo de nuevo en un minuto.",
    upstream_unreachable:
      "El servidor no alcanza al proveedor de voz. Compruebe su conexión a internet e inténtelo de nuevo.",
    upstream_invalid_response:
      "El proveedor de voz dio una respuesta que navai no entiende. Pida al dueño que compruebe su dirección.",
    internal_error: "navai cometió un error. Inténtelo de nuevo; si se repite, pida al dueño que mire el registro.",
    stopping: "El servidor se está reiniciando. Inténtelo de nuevo en un minuto.",
    browser_too_old: "Este navegador es demasiado antiguo para conversaciones de voz. Actualícelo o use otro.",
  },
};

/** @param {string | undefined} language A BCP-47 tag. @returns {string} The language of the texts that it gets. */
export function languageFor(language) {
  const base = (language ?? "").toLowerCase().split("-")[0];
  return base in TEXTS ? base : "en";
}

/**
 * @param {string | undefined} language A BCP-47 tag.
 * @returns {(key: string, values?: Record<string, string | number>) => string}
 */
export function textsFor(language) {
  const chosen = TEXTS[languageFor(language)];
  return (key, values = {}) =>
    (chosen[key] ?? chosen.failure).replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}
