from . import crm_survey_result
from . import survey_survey
from . import survey_question
from . import survey_user_input
from . import survey_user_input_line
from . import crm_intake
