/* The parts of Apache ECharts that the page draws with: three charts, and what stands around them. */
import { BarChart, LineChart, PieChart } from 'echarts/charts';
import { GridComponent, MarkLineComponent, TitleComponent, TooltipComponent } from 'echarts/components';
import { use } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';

use([BarChart, LineChart, PieChart]);
use([GridComponent, MarkLineComponent, TitleComponent, TooltipComponent, CanvasRenderer]);

export { init } from 'echarts/core';
