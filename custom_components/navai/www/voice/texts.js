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
    stalled: "No connection …",
    ended: "Tap to talk",
    failed: "That did not work – tap to try again",
    start: "Start talking",
    stop: "End",
    mute: "Mute",
    unmute: "Unmute",
    muted: "Muted",
    again: "Try again",
    answer: "Tap to answer",
    sound: "Tap to hear",
    captions: "What is said",
    person: "You",
    assistant: "Assistant",
    doctor: "Check this device",
    check_ends: "The check ends the conversation.",
    check_now: "End and check",
    keep_talking: "Keep talking",
    missed_line: "Missed at {time}: {line}",
    missed_context: "Missed at {time}: the assistant wanted to talk.",
    forget: "Remove this note",
    close: "Close",
    token: "This display's token, from navai's configuration",
    open: "Continue",
    copy: "Copy report",
    copied: "Copied",
    failure: "The conversation broke off. Try again.",
    notice_connection_weak:
      "Nothing comes from the voice provider at the moment. It goes on by itself when the network is back; if not, check the Wi-Fi.",
    insecure_context:
      "This page was not opened securely, so the browser gives it no microphone. Open {address} instead.",
    microphone_denied:
      "The microphone is blocked for this page. Allow it in the browser's address bar or in the app's settings, then try again.",
    microphone_missing: "No microphone was found. Connect one, then try again.",
    microphone_unanswered:
      "The browser asked for the microphone, and nobody answered. Tap again, and allow the microphone when it asks.",
    microphone_busy: "Another app uses the microphone. Close it, then try again.",
    microphone_muted:
      "The device muted the microphone, so the conversation ended. Look for a mute switch, a privacy setting or a phone call, then try again.",
    notice_microphone_muted:
      "The device has muted the microphone. Look for a mute switch, a privacy setting or a phone call. The conversation goes on by itself afterwards.",
    notice_microphone_away:
      "The microphone is gone. Plug it in again, or connect another one. The conversation goes on by itself.",
    notice_microphone_taken: "Another app is using the microphone. Close that app. The conversation goes on by itself.",
    notice_microphone_silent:
      "The microphone picks up nothing at all. Check its mute switch, and which microphone the device's settings have chosen.",
    connection_blocked:
      "The voice connection does not come through. A firewall or the Wi-Fi may block it (UDP); try another network.",
    connection_lost: "The connection was lost and did not come back. Check the Wi-Fi, then try again.",
    provider_unreachable:
      "The voice provider cannot be reached from this device. Check its internet connection, then try again.",
    provider_refused: "The voice provider refused the conversation ({reason}). Tell your administrator this code.",
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
    unknown_display:
      "There is no display “{display}”. Ask your administrator to correct the card, or open this page once with ?navai_display= at the end of its address.",
    display_not_yours:
      "You can't use this device as the display “{display}”. Ask your administrator, or open this page once with ?navai_display= at the end of its address.",
    display_key_wrong:
      "The address of this page names a display that cannot be. Write ?navai_display= and the display's key, such as hallway_tablet.",
    not_allowed: "This is not allowed here. Ask the owner.",
    not_signed_in: "This display is not known to the server. Ask the owner for its link.",
    not_ready: "navai is not set up yet. Ask the owner to look into the log.",
    model_not_found: "The voice provider does not know the model. Ask the owner to check the profile.",
    model_not_found_named:
      "The voice provider has no model {model}, or this account may not use it. Ask your administrator to check the profile {profile}.",
    invalid_model:
      "This model is not made for live conversations. Ask your administrator to choose another in the profile.",
    invalid_model_named:
      "The model {model} is not made for live conversations. Ask your administrator to choose another in the profile {profile}.",
    deployment_not_found:
      "Azure has no deployment of that name. Ask your administrator to write the deployment's name as the profile's model.",
    deployment_not_found_named:
      "Azure has no deployment named {model}. Ask your administrator to correct the model in the profile {profile}.",
    country_not_supported:
      "The voice provider does not serve this country. If a VPN or a proxy is in use, switch it off, then try again.",
    missing_scope:
      "The API key is restricted and may not hold voice conversations. Ask your administrator to give it the permission for Realtime.",
    beta_api_retired:
      "The conversation reached an old interface of the voice provider that no longer works. Ask your administrator to check the provider's address and any proxy.",
    network_sign_in:
      "This network asks you to sign in first. Open any website on this device, sign in there, then try again.",
    upstream_sign_in:
      "A sign-in page or a proxy stands between the server and the voice provider. Ask your administrator to let the server through.",
    upstream_refused: "The voice provider refused the conversation. Ask the owner to look into the log.",
    upstream_timeout: "The voice provider did not answer in time. Try again.",
    upstream_unavailable: "The voice provider has trouble. Try again in a minute.",
    upstream_unreachable: "The server cannot reach the voice provider. Check its internet connection, then try again.",
    upstream_invalid_response:
      "The voice provider gave an answer that navai does not understand. Ask the owner to check its address.",
    internal_error: "navai made a mistake. Try again; if it comes back, ask the owner to look into the log.",
    stopping: "The server is just restarting. Try again in a minute.",
    notice_moved: "The conversation moved to another screen.",
    cut: "interrupted",
    notice_response_failed: "The assistant couldn't answer ({reason}). Say it again.",
    notice_response_overloaded: "The voice provider is overloaded. Wait a moment, then say it again.",
    notice_response_cut: "The answer reached its length limit and ends here. Ask the assistant to go on.",
    notice_response_filtered: "The voice provider's content filter stopped the answer. Ask in other words.",
    notice_hears_itself:
      "The assistant heard its own voice, so you can't interrupt it now. Turn the volume down, or set far-field noise reduction or a higher threshold in the profile.",
    notice_ends_soon: "This conversation ends in {seconds} seconds.",
    notice_session_length: "The conversation reached its limit of {minutes} minutes. Tap to talk again.",
    browser_too_old:
      "This browser is too old for voice conversations. Update it, or use Chrome or Edge 89, Firefox 140, Safari 15.4, or a newer one.",
    framed: "This page is shown inside another page, where navai may not use the microphone. Open it by itself:",
    microphone_frame:
      'This page is shown inside another page that does not let it use the microphone. Open {address} by itself, or add allow="microphone" to the frame.',
    microphone_policy:
      "The server, or a proxy before it, forbids this page the microphone. Ask your administrator to allow it in the header Permissions-Policy: microphone=(self).",
  },
  es: {
    idle: "Toque para hablar",
    requesting: "Un momento …",
    connecting: "Conectando …",
    asking: "Permita el micrófono, si el navegador pregunta",
    listening: "Escuchando",
    thinking: "Pensando …",
    speaking: "Hablando",
    stalled: "Sin conexión …",
    ended: "Toque para hablar",
    failed: "No ha funcionado: toque para reintentar",
    start: "Empezar a hablar",
    stop: "Terminar",
    mute: "Silenciar",
    unmute: "Activar micrófono",
    muted: "Silenciado",
    again: "Intentar de nuevo",
    answer: "Toque para responder",
    sound: "Toca para oír",
    captions: "Lo que se dice",
    person: "Usted",
    assistant: "Asistente",
    doctor: "Comprobar este dispositivo",
    check_ends: "La comprobación termina la conversación.",
    check_now: "Terminar y comprobar",
    keep_talking: "Seguir hablando",
    missed_line: "Perdido a las {time}: {line}",
    missed_context: "Perdido a las {time}: el asistente quería hablar.",
    forget: "Quitar esta nota",
    close: "Cerrar",
    token: "El token de esta pantalla, de la configuración de navai",
    open: "Continuar",
    copy: "Copiar informe",
    copied: "Copiado",
    failure: "La conversación se interrumpió. Inténtelo de nuevo.",
    notice_connection_weak:
      "Ahora no llega nada del proveedor de voz. Sigue por sí sola cuando vuelve la red; si no, revisa la Wi-Fi.",
    insecure_context:
      "Esta página no se abrió de forma segura y el navegador no le da micrófono. Abra {address} en su lugar.",
    microphone_denied:
      "El micrófono está bloqueado para esta página. Permítalo en la barra de direcciones o en los ajustes de la aplicación e inténtelo de nuevo.",
    microphone_missing: "No se encontró ningún micrófono. Conecte uno e inténtelo de nuevo.",
    microphone_unanswered:
      "El navegador pidió el micrófono y nadie respondió. Toque de nuevo y permita el micrófono cuando pregunte.",
    microphone_busy: "Otra aplicación usa el micrófono. Ciérrela e inténtelo de nuevo.",
    microphone_muted:
      "El dispositivo silenció el micrófono y la conversación terminó. Busca un interruptor, un ajuste de privacidad o una llamada, e inténtalo de nuevo.",
    notice_microphone_muted:
      "El dispositivo ha silenciado el micrófono. Busca un interruptor, un ajuste de privacidad o una llamada. Después, la conversación sigue sola.",
    notice_microphone_away: "El micrófono ya no está. Vuelve a conectarlo o conecta otro. La conversación sigue sola.",
    notice_microphone_taken: "Otra aplicación está usando el micrófono. Ciérrala. La conversación sigue sola.",
    notice_microphone_silent:
      "El micrófono no capta nada. Comprueba su interruptor y qué micrófono está elegido en los ajustes del dispositivo.",
    connection_blocked:
      "La conexión de voz no llega. Un cortafuegos o la Wi-Fi puede bloquearla (UDP); pruebe otra red.",
    connection_lost: "Se perdió la conexión y no volvió. Compruebe la Wi-Fi e inténtelo de nuevo.",
    provider_unreachable:
      "Este dispositivo no alcanza al proveedor de voz. Compruebe su conexión a internet e inténtelo de nuevo.",
    provider_refused: "El proveedor de voz rechazó la conversación ({reason}). Dile este código a tu administrador.",
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
    unknown_display:
      "No hay ninguna pantalla «{display}». Pide a tu administrador que corrija la tarjeta, o abre esta página una vez con ?navai_display= al final de su dirección.",
    display_not_yours:
      "No puedes usar este dispositivo como la pantalla «{display}». Pregunta a tu administrador, o abre esta página una vez con ?navai_display= al final de su dirección.",
    display_key_wrong:
      "La dirección de esta página nombra una pantalla imposible. Escribe ?navai_display= y la clave de la pantalla, por ejemplo hallway_tablet.",
    not_allowed: "Esto no está permitido aquí. Pregunte al dueño.",
    not_signed_in: "El servidor no conoce esta pantalla. Pida al dueño su enlace.",
    not_ready: "navai aún no está listo. Pida al dueño que mire el registro.",
    model_not_found: "El proveedor de voz no conoce el modelo. Pida al dueño que compruebe el perfil.",
    model_not_found_named:
      "El proveedor de voz no tiene el modelo {model}, o esta cuenta no puede usarlo. Pide a tu administrador que revise el perfil {profile}.",
    invalid_model: "Este modelo no sirve para conversar en vivo. Pide a tu administrador que elija otro en el perfil.",
    invalid_model_named:
      "El modelo {model} no sirve para conversar en vivo. Pide a tu administrador que elija otro en el perfil {profile}.",
    deployment_not_found:
      "Azure no tiene una implementación con ese nombre. Pide a tu administrador que corrija el modelo del perfil.",
    deployment_not_found_named:
      "Azure no tiene una implementación llamada {model}. Pide a tu administrador que corrija el modelo del perfil {profile}.",
    country_not_supported:
      "El proveedor de voz no atiende a este país. Si se usa una VPN o un proxy, desactívalo e inténtalo de nuevo.",
    missing_scope:
      "La clave de API está restringida y no puede usarse para conversar. Pide a tu administrador que le dé el permiso de Realtime.",
    beta_api_retired:
      "La conversación llegó a una interfaz antigua del proveedor que ya no funciona. Pide a tu administrador que revise la dirección del proveedor y el proxy.",
    network_sign_in:
      "Esta red pide iniciar sesión primero. Abre cualquier sitio web en este dispositivo, inicia sesión e inténtalo de nuevo.",
    upstream_sign_in:
      "Una página de inicio de sesión o un proxy separa al servidor del proveedor de voz. Pide a tu administrador que dé paso al servidor.",
    upstream_refused: "El proveedor de voz rechazó la conversación. Pida al dueño que mire el registro.",
    upstream_timeout: "El proveedor de voz no respondió a tiempo. Inténtelo de nuevo.",
    upstream_unavailable: "El proveedor de voz tiene problemas. Inténtelo de nuevo en un minuto.",
    upstream_unreachable:
      "El servidor no alcanza al proveedor de voz. Compruebe su conexión a internet e inténtelo de nuevo.",
    upstream_invalid_response:
      "El proveedor de voz dio una respuesta que navai no entiende. Pida al dueño que compruebe su dirección.",
    internal_error: "navai cometió un error. Inténtelo de nuevo; si se repite, pida al dueño que mire el registro.",
    stopping: "El servidor se está reiniciando. Inténtelo de nuevo en un minuto.",
    notice_moved: "La conversación pasó a otra pantalla.",
    cut: "interrumpido",
    notice_response_failed: "El asistente no pudo responder ({reason}). Dilo otra vez.",
    notice_response_overloaded: "El proveedor de voz está saturado. Espera un momento y dilo otra vez.",
    notice_response_cut: "La respuesta llegó a su límite y termina aquí. Pide al asistente que siga.",
    notice_response_filtered: "El filtro de contenido del proveedor detuvo la respuesta. Pregunta con otras palabras.",
    notice_hears_itself:
      "El asistente oyó su propia voz y ahora no puedes interrumpirlo. Baja el volumen, o configura en el perfil la reducción de ruido para campo lejano o un umbral más alto.",
    notice_ends_soon: "Esta conversación termina en {seconds} segundos.",
    notice_session_length: "La conversación llegó a su límite de {minutes} minutos. Toca para hablar de nuevo.",
    browser_too_old:
      "Este navegador es demasiado antiguo para conversaciones de voz. Actualízalo o usa Chrome o Edge 89, Firefox 140, Safari 15.4 o uno más nuevo.",
    framed: "Esta página se muestra dentro de otra, donde navai no puede usar el micrófono. Ábrela por separado:",
    microphone_frame:
      'Esta página se muestra dentro de otra que no le permite usar el micrófono. Abre {address} por separado o añade allow="microphone" al marco.',
    microphone_policy:
      "El servidor, o un proxy delante de él, prohíbe el micrófono a esta página. Pide a tu administrador que lo permita en la cabecera Permissions-Policy: microphone=(self).",
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
