/**
 * What people read, in English and Spanish. Failures have a message and a cure each.
 */

/** The guide that helps when a page is not secure. */
export const HTTPS_GUIDE = "https://github.com/navai-home/navai/blob/main/docs/https.md";

/** @type {Record<string, Record<string, string>>} By language and key. */
export const TEXTS = {
  en: {
    idle: "Tap to talk",
    requesting: "One moment…",
    connecting: "Connecting…",
    asking: "Allow the microphone if the browser asks",
    listening: "Listening",
    thinking: "Thinking…",
    speaking: "Speaking",
    stalled: "No connection…",
    ended: "Tap to talk",
    failed: "Something went wrong. Tap to try again.",
    insecure: "No microphone",
    start: "Start talking",
    stop: "End",
    mute: "Mute",
    unmute: "Unmute",
    muted: "Muted",
    again: "Try again",
    answer: "Tap to answer",
    sound: "Tap to hear",
    captions: "Captions",
    person: "You",
    assistant: "Assistant",
    device_check: "Check this device",
    check_ends: "The check ends the conversation.",
    check_now: "End and check",
    keep_talking: "Keep talking",
    missed_line: "Missed at {time}: {line}",
    missed_context: "Missed at {time}: the assistant wanted to talk.",
    forget: "Dismiss",
    close: "Close",
    token: "Display token from the navai configuration",
    open: "Continue",
    copy: "Copy report",
    copied: "Copied",
    failure: "The conversation was interrupted. Try again.",
    notice_connection_weak:
      "No data from the voice provider. The conversation continues when the network is back. If it doesn't, check the Wi-Fi.",
    insecure_context: "Microphone access needs HTTPS. This page was opened without it.",
    https_guide: "HTTPS in ten minutes",
    microphone_denied:
      "The microphone is blocked for this page. Allow it in the browser's address bar or in the app's settings, then try again.",
    microphone_missing: "No microphone found. Connect one, then try again.",
    microphone_unanswered: "Nobody answered the browser's microphone request. Tap again, then allow the microphone.",
    microphone_busy: "Another app uses the microphone. Close it, then try again.",
    microphone_muted:
      "The device muted the microphone, so the conversation ended. Check for a mute switch, privacy setting or phone call, then try again.",
    notice_microphone_muted:
      "The device muted the microphone. To continue the conversation, check for a mute switch, a privacy setting or a phone call.",
    notice_microphone_away:
      "The microphone is disconnected. To continue the conversation, connect it again or use another one.",
    notice_microphone_taken: "Another app uses the microphone. Close it to continue the conversation.",
    notice_microphone_silent:
      "The microphone doesn't pick up any sound. Check its mute switch and the device's microphone settings.",
    connection_blocked:
      "The voice connection failed. A firewall or the Wi-Fi may be blocking it (UDP). Try another network.",
    connection_lost: "The connection was lost. Check the Wi-Fi, then try again.",
    provider_unreachable: "This device can't reach the voice provider. Check its internet connection, then try again.",
    provider_refused: "The voice provider rejected the request ({reason}). Tell your administrator this code.",
    secret_expired: "The permission to talk expired. Try again.",
    server_gone: "The server doesn't respond. Check that it is running and that this device is on its network.",
    server_sign_in:
      "Something between this page and the server asks to sign in. Open the server's address in this browser and sign in, or ask your administrator to let this device through.",
    home_assistant_restarting:
      "Home Assistant is starting or unreachable. Try again in a minute. If that doesn't help, check the network.",
    rate_limited: "Too many requests. Try again in {seconds} seconds.",
    too_many_failures: "This display's token is invalid. Ask your administrator for the display's link.",
    upstream_rate_limited: "Too many requests to the voice provider. Try again in {seconds} seconds.",
    quota_exhausted: "The voice provider account has no credit. Ask your administrator to add some.",
    api_key_missing: "No API key yet. Ask your administrator to add one.",
    api_key_refused: "The API key was rejected. Ask your administrator to check it.",
    permission_refused: "The API key doesn't allow voice. Ask your administrator to check it.",
    profile_not_allowed: "You can't use this profile. Ask your administrator.",
    unknown_profile: "This profile doesn't exist. Ask your administrator to fix the card or this page's address.",
    unknown_display:
      "There is no display “{display}”. Ask your administrator to fix the card, or open this page once with ?navai_display= at the end of its address.",
    display_not_yours:
      "You can't use this device as the display “{display}”. Ask your administrator, or open this page once with ?navai_display= at the end of its address.",
    display_key_wrong:
      "This page's address has an invalid display. Write ?navai_display= and the display's key, such as hallway_tablet.",
    not_allowed: "You can't do this. Ask your administrator.",
    not_signed_in: "Unknown display. Ask your administrator for its link.",
    not_ready: "navai isn't set up. Ask your administrator to check the log.",
    model_not_found: "Unknown model. Ask your administrator to check the profile.",
    model_not_found_named:
      "The voice provider has no model {model}, or this account can't use it. Ask your administrator to check the profile {profile}.",
    invalid_model:
      "This model doesn't support live conversations. Ask your administrator to choose another in the profile.",
    invalid_model_named:
      "The model {model} doesn't support live conversations. Ask your administrator to choose another in the profile {profile}.",
    deployment_not_found:
      "Azure has no deployment with this name. Ask your administrator to correct the model in the profile.",
    deployment_not_found_named:
      "Azure has no deployment named {model}. Ask your administrator to correct the model in the profile {profile}.",
    country_not_supported:
      "The voice provider isn't available in this country. If you use a VPN or a proxy, turn it off, then try again.",
    missing_scope:
      "The API key is restricted and can't be used for voice. Ask your administrator to give it permission for Realtime.",
    beta_api_retired:
      "The voice provider no longer supports the interface that was used. Ask your administrator to check the provider's address and any proxy.",
    network_sign_in:
      "This network asks you to sign in first. Open any website on this device, sign in there, then try again.",
    upstream_sign_in:
      "A sign-in page or a proxy is between the server and the voice provider. Ask your administrator to let the server through.",
    upstream_refused: "The voice provider rejected the request. Ask your administrator to check the log.",
    upstream_timeout: "The voice provider didn't answer in time. Try again.",
    upstream_unavailable: "The voice provider has a problem. Try again in a minute.",
    upstream_unreachable: "The server can't reach the voice provider. Check its internet connection, then try again.",
    upstream_invalid_response:
      "navai doesn't understand the voice provider's answer. Ask your administrator to check its address.",
    internal_error: "navai had an error. Try again. If it repeats, ask your administrator to check the log.",
    stopping: "The server is restarting. Try again in a minute.",
    notice_moved: "The conversation moved to another screen.",
    cut: "interrupted",
    notice_response_failed: "The assistant couldn't answer ({reason}). Say it again.",
    notice_response_overloaded: "The voice provider is overloaded. Wait a moment, then say it again.",
    notice_response_cut: "The answer reached its length limit. Ask the assistant to continue.",
    notice_response_filtered: "The voice provider's content filter stopped the answer. Try other words.",
    notice_hears_itself:
      "The assistant heard its own voice, so you can't interrupt it now. Turn the volume down, or set far-field noise reduction or a higher threshold in the profile.",
    notice_ends_soon: "This conversation ends in {seconds} seconds.",
    notice_session_length: "The conversation reached its limit of {minutes} minutes. Tap to talk again.",
    browser_too_old:
      "This browser is too old for voice conversations. Update it, or use Chrome or Edge 89, Firefox 140, Safari 15.4, or a newer one.",
    framed: "This page is inside another page, where navai can't use the microphone. Open it on its own:",
    microphone_frame:
      'This page is inside another page that doesn\'t let it use the microphone. Open {address} on its own, or add allow="microphone" to the frame.',
    microphone_policy:
      "The server or its proxy blocks the microphone on this page. Ask your administrator to allow it in the header Permissions-Policy: microphone=(self).",
  },
  es: {
    idle: "Toca para hablar",
    requesting: "Un momento…",
    connecting: "Conectando…",
    asking: "Permite el micrófono si el navegador pregunta",
    listening: "Escuchando",
    thinking: "Pensando…",
    speaking: "Hablando",
    stalled: "Sin conexión…",
    ended: "Toca para hablar",
    failed: "Algo salió mal. Toca para reintentar.",
    insecure: "Sin micrófono",
    start: "Empezar a hablar",
    stop: "Terminar",
    mute: "Silenciar",
    unmute: "Activar micrófono",
    muted: "Silenciado",
    again: "Intentar de nuevo",
    answer: "Toca para responder",
    sound: "Toca para oír",
    captions: "Subtítulos",
    person: "Tú",
    assistant: "Asistente",
    device_check: "Comprobar este dispositivo",
    check_ends: "La comprobación termina la conversación.",
    check_now: "Terminar y comprobar",
    keep_talking: "Seguir hablando",
    missed_line: "Perdido a las {time}: {line}",
    missed_context: "Perdido a las {time}: el asistente quería hablar.",
    forget: "Descartar",
    close: "Cerrar",
    token: "El token de esta pantalla, de la configuración de navai",
    open: "Continuar",
    copy: "Copiar informe",
    copied: "Copiado",
    failure: "La conversación se interrumpió. Inténtalo de nuevo.",
    notice_connection_weak:
      "No llegan datos del proveedor de voz. La conversación sigue cuando vuelve la red. Si no, revisa la Wi-Fi.",
    insecure_context: "El micrófono necesita HTTPS. Esta página se abrió sin él.",
    https_guide: "HTTPS en diez minutos",
    microphone_denied:
      "El micrófono está bloqueado para esta página. Permítelo en la barra de direcciones o en los ajustes de la aplicación e inténtalo de nuevo.",
    microphone_missing: "No se encontró ningún micrófono. Conecta uno e inténtalo de nuevo.",
    microphone_unanswered:
      "Nadie respondió cuando el navegador pidió el micrófono. Toca de nuevo y permite el micrófono.",
    microphone_busy: "Otra aplicación usa el micrófono. Ciérrala e inténtalo de nuevo.",
    microphone_muted:
      "El dispositivo silenció el micrófono y la conversación terminó. Busca un interruptor, un ajuste de privacidad o una llamada, e inténtalo de nuevo.",
    notice_microphone_muted:
      "El dispositivo silenció el micrófono. Para continuar la conversación, busca un interruptor, un ajuste de privacidad o una llamada.",
    notice_microphone_away: "El micrófono está desconectado. Para continuar, conéctalo de nuevo o usa otro.",
    notice_microphone_taken: "Otra aplicación usa el micrófono. Ciérrala para continuar la conversación.",
    notice_microphone_silent:
      "El micrófono no capta nada. Revisa su interruptor y los ajustes de micrófono del dispositivo.",
    connection_blocked: "La conexión de voz falló. Un cortafuegos o la Wi-Fi puede bloquearla (UDP). Prueba otra red.",
    connection_lost: "Se perdió la conexión. Revisa la Wi-Fi e inténtalo de nuevo.",
    provider_unreachable:
      "Este dispositivo no llega al proveedor de voz. Revisa su conexión a internet e inténtalo de nuevo.",
    provider_refused: "El proveedor de voz rechazó la solicitud ({reason}). Dile este código a tu administrador.",
    secret_expired: "El permiso para hablar caducó. Inténtalo de nuevo.",
    server_gone:
      "El servidor no responde. Comprueba que funciona y que este dispositivo está en su red, e inténtalo de nuevo.",
    server_sign_in:
      "Algo entre esta página y el servidor pide iniciar sesión. Abre la dirección del servidor en este navegador e inicia sesión, o pide a tu administrador que deje pasar este dispositivo.",
    home_assistant_restarting:
      "Home Assistant se está iniciando o no responde. Inténtalo de nuevo en un minuto. Si no ayuda, revisa la red.",
    rate_limited: "Demasiadas solicitudes. Inténtalo en {seconds} segundos.",
    too_many_failures: "El token de esta pantalla no es válido. Pide su enlace a tu administrador.",
    upstream_rate_limited: "Demasiadas solicitudes al proveedor de voz. Inténtalo en {seconds} segundos.",
    quota_exhausted: "La cuenta del proveedor de voz no tiene saldo. Avisa a tu administrador.",
    api_key_missing: "No hay clave de API. Pide a tu administrador que añada una.",
    api_key_refused: "La clave de API fue rechazada. Pide a tu administrador que la revise.",
    permission_refused: "La clave de API no sirve para voz. Pide a tu administrador que la revise.",
    profile_not_allowed: "No puedes usar este perfil. Pregunta a tu administrador.",
    unknown_profile: "Este perfil no existe. Pide a tu administrador que corrija la tarjeta o la dirección.",
    unknown_display:
      "No hay ninguna pantalla «{display}». Pide a tu administrador que corrija la tarjeta, o abre esta página una vez con ?navai_display= al final de su dirección.",
    display_not_yours:
      "No puedes usar este dispositivo como la pantalla «{display}». Pregunta a tu administrador, o abre esta página una vez con ?navai_display= al final de su dirección.",
    display_key_wrong:
      "La pantalla en la dirección de esta página no es válida. Escribe ?navai_display= y la clave de la pantalla, por ejemplo hallway_tablet.",
    not_allowed: "No tienes permiso. Pregunta a tu administrador.",
    not_signed_in: "Pantalla desconocida. Pide su enlace a tu administrador.",
    not_ready: "navai no está listo. Pide a tu administrador que revise el registro.",
    model_not_found: "Modelo desconocido. Pide a tu administrador que revise el perfil.",
    model_not_found_named:
      "El proveedor de voz no tiene el modelo {model}, o esta cuenta no puede usarlo. Pide a tu administrador que revise el perfil {profile}.",
    invalid_model: "Este modelo no sirve para conversar en vivo. Pide a tu administrador que elija otro en el perfil.",
    invalid_model_named:
      "El modelo {model} no sirve para conversar en vivo. Pide a tu administrador que elija otro en el perfil {profile}.",
    deployment_not_found:
      "Azure no tiene una implementación con este nombre. Pide a tu administrador que corrija el modelo del perfil.",
    deployment_not_found_named:
      "Azure no tiene una implementación llamada {model}. Pide a tu administrador que corrija el modelo del perfil {profile}.",
    country_not_supported:
      "El proveedor de voz no funciona en este país. Si usas una VPN o un proxy, desactívalo e inténtalo de nuevo.",
    missing_scope:
      "La clave de API está restringida y no sirve para voz. Pide a tu administrador que le dé el permiso de Realtime.",
    beta_api_retired:
      "El proveedor de voz ya no admite la interfaz que se usó. Pide a tu administrador que revise la dirección del proveedor y el proxy.",
    network_sign_in:
      "Esta red pide iniciar sesión primero. Abre cualquier sitio web en este dispositivo, inicia sesión e inténtalo de nuevo.",
    upstream_sign_in:
      "Una página de inicio de sesión o un proxy separa al servidor del proveedor de voz. Pide a tu administrador que dé paso al servidor.",
    upstream_refused: "El proveedor de voz rechazó la solicitud. Pide a tu administrador que revise el registro.",
    upstream_timeout: "El proveedor de voz no respondió a tiempo. Inténtalo de nuevo.",
    upstream_unavailable: "El proveedor de voz tiene problemas. Inténtalo de nuevo en un minuto.",
    upstream_unreachable:
      "El servidor no llega al proveedor de voz. Revisa su conexión a internet e inténtalo de nuevo.",
    upstream_invalid_response:
      "navai no entiende la respuesta del proveedor de voz. Pide a tu administrador que revise su dirección.",
    internal_error: "navai tuvo un error. Inténtalo de nuevo. Si se repite, avisa a tu administrador.",
    stopping: "El servidor se está reiniciando. Inténtalo de nuevo en un minuto.",
    notice_moved: "La conversación pasó a otra pantalla.",
    cut: "interrumpido",
    notice_response_failed: "El asistente no pudo responder ({reason}). Dilo otra vez.",
    notice_response_overloaded: "El proveedor de voz está saturado. Espera un momento y dilo otra vez.",
    notice_response_cut: "La respuesta llegó a su límite. Pide al asistente que continúe.",
    notice_response_filtered: "El filtro de contenido del proveedor detuvo la respuesta. Prueba con otras palabras.",
    notice_hears_itself:
      "El asistente oyó su propia voz y ahora no puedes interrumpirlo. Baja el volumen, o configura en el perfil la reducción de ruido para campo lejano o un umbral más alto.",
    notice_ends_soon: "Esta conversación termina en {seconds} segundos.",
    notice_session_length: "La conversación llegó a su límite de {minutes} minutos. Toca para hablar de nuevo.",
    browser_too_old:
      "Este navegador es demasiado antiguo para conversaciones de voz. Actualízalo o usa Chrome o Edge 89, Firefox 140, Safari 15.4 o uno más nuevo.",
    framed: "Esta página está dentro de otra, donde navai no puede usar el micrófono. Ábrela por separado:",
    microphone_frame:
      'Esta página está dentro de otra que no le permite usar el micrófono. Abre {address} por separado o añade allow="microphone" al marco.',
    microphone_policy:
      "El servidor o su proxy bloquea el micrófono en esta página. Pide a tu administrador que lo permita en la cabecera Permissions-Policy: microphone=(self).",
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
