from hangar_dal.migrations.loader import load

__depends__, __transactional__, steps = load(__file__)
