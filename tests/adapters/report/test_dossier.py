from clarity.adapters.report.dossier import DossierFiles
from clarity.ports.dossier import Dossier
from tests.support.clocks import START
from tests.support.worlds import ADA, day_of


def test_a_text_that_a_spreadsheet_would_compute_is_disarmed():
    dossier = Dossier(patient=ADA, made_at=START, items=(day_of(device="=1+1"),))

    pieces = list(DossierFiles().render(dossier))

    assert any(b",'=1+1," in piece.content for piece in pieces if piece.name == "chunk.csv")
    assert any(b'"=1+1"' in piece.content for piece in pieces if piece.name == "chunk.json")
