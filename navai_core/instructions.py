"""What the model is told, and in which language: pure functions over a profile. Source: docs/contract.md."""

from .languages import spoken_name, transcription_hint
from .models import VoiceProfile

__all__ = ["build_instructions", "transcription_hint"]


def build_instructions(base: str, *, language: str = "", accent: str = "", tone: str = "") -> str:
    """The session's instructions: the lines of the contract, joined by a newline; each only when it is not blank."""
    lines = [base.strip()]
    if language.strip():
        lines.append(f"Always reply in {spoken_name(language)}.")
    if accent.strip():
        lines.append(f"Use a {accent.strip()} accent while speaking.")
    if tone.strip():
        lines.append(f"Use a {tone.strip()} tone while speaking.")
    return "\n".join(line for line in lines if line)


def instructions_of(profile: VoiceProfile) -> str:
    """The instructions of a profile, complete."""
    return build_instructions(profile.instructions, language=profile.language, accent=profile.accent, tone=profile.tone)
